// Standard output as a sink of bytes, with back-pressure.

import { CleanroomError, describeCause, systemErrorCode } from '../base/errors.js';

/** Writes a chunk to stdout; resolves when it has been handed to the system, so that its memory may be used again. */
export function writeStdout(chunk: Uint8Array): Promise<void> {
  reportErrorsHere();
  return new Promise((resolve, reject) => {
    process.stdout.write(chunk, (cause) => {
      if (cause == null) resolve();
      else reject(stdoutError(cause));
    });
  });
}

let reported = false;

/* oclif throws what stdout emits, past every catch; here each write says itself whether it went well. */
function reportErrorsHere(): void {
  if (reported) return;
  reported = true;
  process.stdout.removeAllListeners('error').on('error', () => undefined);
}

function stdoutError(cause: Error): CleanroomError {
  const what =
    systemErrorCode(cause) === 'EPIPE' ? 'was closed' : `cannot be written: ${describeCause(cause)}`;
  return new CleanroomError('FILE_UNWRITABLE', `standard output ${what}`, { cause });
}

/**
 * A file for `--out`, or stdout for `-` and for none.
 *
 * @throws CleanroomError USAGE for bytes on a terminal or beside JSON.
 */
export function outputOf(
  out: string | undefined,
  json: 'json' | 'text',
): string | ((chunk: Uint8Array) => Promise<void>) {
  if (out !== undefined && out !== '-') return out;
  if (json === 'json') throw new CleanroomError('USAGE', 'with --json the output needs a file: --out FILE');
  if (process.stdout.isTTY) throw new CleanroomError('USAGE', 'not written to a terminal; give --out FILE');
  return writeStdout;
}
