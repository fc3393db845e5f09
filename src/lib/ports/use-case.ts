// What a use case gets of the command that runs it, besides its input.

import type { Progress } from '../base/progress.js';
import type { Desk } from './environment.js';

export interface UseCaseContext {
  readonly desk: Desk;
  readonly cacheDirectory: string;
  /** Whether images by digest may be fetched from registries that no profile maps. */
  readonly pullsImages: boolean;
  readonly progress: Progress;
  /** Aborted at the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Puts a warning into the envelope, or on stderr. */
  readonly warn: (message: string) => void;
}
