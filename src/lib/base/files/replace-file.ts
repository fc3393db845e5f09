// A file of any size, replaced whole or not at all.

import { rename, rm } from 'node:fs/promises';

import { CleanroomError, describeCause, openFilesExhausted } from '../errors.js';
import { temporaryBeside } from './temporary-name.js';

/**
 * Has `write` make a file beside `path` (it must not exist yet, and should be synced) and renames it to `path`. On any
 * failure what was at `path` stays and the temporary file goes.
 *
 * @throws CleanroomError what `write` threw, or FILE_UNWRITABLE
 */
export async function replaceFile(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = await temporaryBeside(path);
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    if (cause instanceof CleanroomError) throw cause;
    throw unwritable(path, cause);
  }
}

/** The error of a file that the disk does not take. */
export function unwritable(path: string, cause: unknown): CleanroomError {
  return (
    openFilesExhausted(cause) ??
    new CleanroomError('FILE_UNWRITABLE', `${path} cannot be written: ${describeCause(cause)}`, { cause })
  );
}
