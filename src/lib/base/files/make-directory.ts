// A directory that something is written into, made with the ones above it.

import { mkdir } from 'node:fs/promises';

import { CleanroomError, describeCause } from '../errors.js';

/**
 * Makes `path` and what is missing above it; one that is there stays as it is.
 *
 * @param mode - permission bits of what is made; 0o777 less the umask if absent.
 * @throws CleanroomError FILE_UNWRITABLE
 */
export async function makeDirectory(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  } catch (cause) {
    throw new CleanroomError('FILE_UNWRITABLE', `${path} cannot be created: ${describeCause(cause)}`, {
      cause,
    });
  }
}
