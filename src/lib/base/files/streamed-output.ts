// A file of any length that appears whole or not at all.

import { type FileHandle, open } from 'node:fs/promises';

import { createEarlyFlush } from './early-flush.js';
import { replaceFile, unwritable } from './replace-file.js';

export interface StreamedOutputOptions {
  /** Permission bits; 0o600 for anything secret. */
  readonly mode: number;
  /** Stops the work between two chunks; nothing is left. */
  readonly signal: AbortSignal;
  /** Called when a chunk has been written: only then may its memory be used again. */
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
  { mode, signal, written = () => undefined }: StreamedOutputOptions,
): Promise<number> {
  const file = await onDisk(path, () => open(path, 'wx', mode));
  const writer = createFileWriter(file, written);
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      await onDisk(path, () => writer.write(chunk));
    }
    signal.throwIfAborted();
    await onDisk(path, () => writer.finish());
  } finally {
    await writer.settled();
    await file.close();
  }
  return writer.bytes();
}

interface FileWriter {
  /** Begins to write a chunk, once the one before it is written. */
  write(chunk: Uint8Array): Promise<void>;
  /** All written and synced. */
  finish(): Promise<void>;
  /** Nothing is under way any more, failed or not. */
  settled(): Promise<void>;
  bytes(): number;
}

/* A chunk is written while the next one is made. */
function createFileWriter(file: FileHandle, written: (chunk: Uint8Array) => void): FileWriter {
  const flush = createEarlyFlush(file);
  let writing: Promise<void> = Promise.resolve();
  let bytes = 0;
  return {
    write: async (chunk) => {
      await writing;
      writing = writeAll(file, chunk).then(() => written(chunk));
      // Awaited before the next chunk; until then a rejection is not unhandled.
      writing.catch(() => undefined);
      bytes += chunk.length;
      flush.reached(bytes);
    },
    finish: async () => {
      await writing;
      await file.sync();
    },
    settled: async () => {
      await Promise.allSettled([writing, flush.settled()]);
    },
    bytes: () => bytes,
  };
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.length;) offset += (await file.write(chunk, offset)).bytesWritten;
}

/** Only failures of the disk become FILE_UNWRITABLE; those of the source pass as they are. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}
