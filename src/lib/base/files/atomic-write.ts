// Files are replaced whole or not at all: written beside the target, synced, then renamed.

import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { unwritable } from './replace-file.js';
import { temporaryBeside } from './temporary-name.js';

export interface AtomicWriteOptions {
  /** Permission bits; 0o644 if absent, 0o600 for anything secret. */
  readonly mode?: number;
}

/**
 * Replaces `path` with `data`; on any failure what was there stays and no temporary file is left.
 *
 * @throws CleanroomError FILE_UNWRITABLE
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const temporary = await temporaryBeside(path);
  try {
    const file = await open(temporary, 'wx', options.mode ?? 0o644);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true });
    throw unwritable(path, cause);
  }
}

/** Makes a rename durable. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
