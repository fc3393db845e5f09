// Sealing from file to file, at the speed of the disk: threads that each read, seal and write the next segment at its own
// place, while this one watches. The bytes are those of sealStream.

import { type FileHandle, open } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';

import { concatBytes } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import { createEarlyFlush } from '../../base/files/early-flush.js';
import type { RegularInput } from '../../base/files/open-input.js';
import { replaceFile } from '../../base/files/replace-file.js';
import { onDisk } from '../../base/files/streamed-output.js';
import { holdsNoWords } from '../../base/files/text-check.js';
import { failureError, type ThreadFailure } from '../../base/files/worker-thread.js';
import { type FileWork, STOPPED, WORDS, WORK_CELLS, WRITTEN } from './file-segments.js';
import type { SealedHeader } from '../format/header.js';
import { payloadSize, SEGMENT_SIZE } from '../format/layout.js';
import { createFront, type SealedFront, type SealOptions } from './seal.js';

const THREADS = 2;
const WATCH_EVERY_MS = 50;
/** Below this, starting threads takes longer than the work. */
export const WORTH_THREADS = 8 * SEGMENT_SIZE;

export interface SealToFileOptions extends Pick<SealOptions, 'recipients' | 'protected'> {
  /** Permission bits of the new file. */
  readonly mode: number;
  /** Stops the work between two segments; nothing is left. */
  readonly signal: AbortSignal;
  /** Told of bytes as they are written. */
  readonly written: (bytes: number) => void;
}

export interface SealedToFile {
  readonly header: SealedHeader;
  /** Of the whole blob. */
  readonly bytes: number;
}

/**
 * Seals a text into the file `path`, which appears whole or not at all: on any failure what was there stays.
 *
 * @throws CleanroomError USAGE for the recipients; FILE_UNREADABLE, FILE_CHANGED, TEXT_BINARY, TEXT_NOT_UTF8, TEXT_EMPTY; FILE_UNWRITABLE; the
 * signal's reason.
 */
export async function sealFileToFile(
  text: RegularInput,
  path: string,
  options: SealToFileOptions,
): Promise<SealedToFile> {
  const front = createFront(options);
  try {
    await replaceFile(path, async (temporary) => {
      const file = await onDisk(temporary, () => open(temporary, 'wx', options.mode));
      try {
        await sealInto({ file, path: temporary }, text, { front, ...options });
      } finally {
        await file.close();
      }
    });
  } finally {
    front.segmentKey.key.fill(0);
  }
  return { header: front.header, bytes: front.header.raw.length + payloadSize(text.size) };
}

interface Output {
  readonly file: FileHandle;
  readonly path: string;
}

async function sealInto(
  { file, path }: Output,
  text: RegularInput,
  { front, signal, written }: SealToFileOptions & { readonly front: SealedFront },
): Promise<void> {
  const start = front.header.raw.length;
  await onDisk(path, () => file.writeFile(concatBytes(front.header.raw, front.payloadHeader)));
  const cells = new Int32Array(new SharedArrayBuffer(WORK_CELLS * Int32Array.BYTES_PER_ELEMENT));
  const work: FileWork = {
    text: { fd: text.file.fd, path: text.path, bytes: text.size },
    sealed: { fd: file.fd, path, start },
    key: front.segmentKey,
    cells,
  };
  const flush = createEarlyFlush(file);
  let told = 0;
  const watch = (): void => {
    const bytes = Atomics.load(cells, WRITTEN) * SEGMENT_SIZE;
    flush.reached(bytes);
    written(bytes - told);
    told = bytes;
  };
  const stop = (): void => {
    Atomics.store(cells, STOPPED, 1);
  };
  const watching = setInterval(watch, WATCH_EVERY_MS);
  signal.addEventListener('abort', stop);
  try {
    // All threads have ended before the files are closed: a descriptor may be another file's the next moment.
    const ended = await Promise.allSettled(Array.from({ length: THREADS }, () => runThread(work)));
    signal.throwIfAborted();
    for (const thread of ended) if (thread.status === 'rejected') throw thread.reason;
    await text.requireUnchanged();
    if (Atomics.load(cells, WORDS) === 0) throw holdsNoWords(text.path);
    await onDisk(path, () => file.sync());
    signal.throwIfAborted();
  } finally {
    clearInterval(watching);
    signal.removeEventListener('abort', stop);
    await flush.settled();
  }
}

/* Resolves when the thread has ended; rejects then with what went wrong on it. */
function runThread(work: FileWork): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./file-seal-worker.js', import.meta.url), { workerData: work });
    let failure: Error | null = null;
    worker.on('message', (told: ThreadFailure) => {
      failure = failureError(told);
    });
    worker.on('error', (cause) => {
      Atomics.store(work.cells, STOPPED, 1);
      failure ??= new CleanroomError('INTERNAL', 'a sealing thread ended', { cause });
    });
    worker.on('exit', (code) => {
      if (failure === null && code !== 0) failure = new CleanroomError('INTERNAL', 'a sealing thread ended');
      if (failure === null) resolve();
      else reject(failure);
    });
  });
}
