// A file of any length that appears whole or not at all.

import { type FileHandle, open } from 'node:fs/promises';

import { CleanroomError, describeCause } from '../errors.js';
import { replaceFile } from './replace-file.js';

export interface StreamedOutputOptions {
  /** Permission bits; 0o600 for anything secret. */
  readonly mode: number;
  /** Stops the work between two chunks; nothing is left. */
  readonly signal: AbortSignal;
  /** Called when a chunk has been written and its memory is free. */
  readonly written?: (chunk: Uint8Array) => void;
}

/**
 * Writes `chunks` to `path`, replacing what was there once all have been written and synced. On any failure of the
 * source or the disk, or when the signal aborts, what was there stays and no temporary file is left.
 *
 * @returns the number of bytes.
 * @throws CleanroomError FILE_UNWRITABLE; what the source throws; the signal's reason.
 */
export async function writeStreamAtomic(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  options: StreamedOutputOptions,
): Promise<number> {
  let bytes = 0;
  await replaceFile(path, async (temporary) => {
    bytes = await writeNewFile(temporary, chunks, options);
  });
  return bytes;
}

/** Writes and syncs a file that must not exist yet; on failure it is the caller's to remove. */
export async function writeNewFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  { mode, signal, written }: StreamedOutputOptions,
): Promise<number> {
  const file = await onDisk(path, () => open(path, 'wx', mode));
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      await onDisk(path, () => writeAll(file, chunk));
      bytes += chunk.length;
      written?.(chunk);
    }
    signal.throwIfAborted();
    await onDisk(path, () => file.sync());
  } finally {
    await file.close();
  }
  return bytes;
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.length;) offset += (await file.write(chunk, offset)).bytesWritten;
}

/* Only failures of the disk become FILE_UNWRITABLE; those of the source pass as they are. */
async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new CleanroomError('FILE_UNWRITABLE', `${path} cannot be written: ${describeCause(cause)}`, {
      cause,
    });
  }
}
