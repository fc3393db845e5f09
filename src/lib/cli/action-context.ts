// What an action gets of the command that runs it.

import type { EnvironmentSearch } from './environment.js';
import type { CommandProgress } from '../terminal/terminal-progress.js';

export interface ActionContext {
  /** Where the profile to act under is looked for. */
  readonly search: EnvironmentSearch;
  readonly cacheDirectory: string;
  readonly progress: CommandProgress;
  /** Aborted at the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Whether questions may be asked. */
  readonly interactive: boolean;
  /** What stdout takes: the JSON envelope, which the command writes, or text for people. */
  readonly stdout: 'json' | 'text';
  /** Puts a warning into the envelope, or on stderr. */
  readonly warn: (message: string) => void;
}
