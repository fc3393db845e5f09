// Progress on stderr: a spinner on a terminal, one plain line a phase elsewhere.

import type { Ora } from 'ora';

import type { Progress } from '../base/progress.js';
import { readsUtf8 } from './locale.js';

/** A command's progress can also end badly. */
export interface CommandProgress extends Progress {
  /** The current phase failed; nothing more follows. */
  failed(): void;
}

/**
 * Whether a stream takes colours, symbols and a moving line. A terminal that does not know its width does not: ora would move
 * up for ever. Nor under NO_COLOR (no-color.org: where it is not empty), TERM=dumb, or a locale that is known not to be UTF-8.
 */
export function takesMotion(
  { isTTY, columns }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>,
  environment: NodeJS.ProcessEnv,
): boolean {
  const { NO_COLOR: noColor = '', TERM: terminal } = environment;
  return isTTY && columns > 0 && noColor === '' && terminal !== 'dumb' && readsUtf8(environment);
}

/** Progress for a terminal; ora is loaded when the first phase begins. */
export async function terminalProgress(): Promise<CommandProgress> {
  const { default: ora } = await import('ora');
  let spinner: Ora | undefined;
  let name = '';
  return {
    phase: (next) => {
      spinner?.succeed(name);
      name = next;
      spinner = ora({ text: next, stream: process.stderr, discardStdin: false }).start();
    },
    advance: (share, detail) => {
      if (spinner !== undefined)
        spinner.text = `${name}  ${percent(share)}${detail === undefined ? '' : `  ${detail}`}`;
    },
    done: () => {
      spinner?.succeed(name);
      spinner = undefined;
    },
    failed: () => {
      spinner?.fail(name);
      spinner = undefined;
    },
  };
}

/** Progress for a pipe or a log: phases only. */
export function plainProgress(write: (line: string) => void): CommandProgress {
  return {
    phase: (name) => write(`${name}\n`),
    advance: () => undefined,
    done: () => undefined,
    failed: () => undefined,
  };
}

function percent(share: number): string {
  return `${String(Math.floor(Math.min(1, Math.max(0, share)) * 100))}%`;
}
