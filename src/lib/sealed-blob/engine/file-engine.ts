// The sealing engine: from files to a file, at the speed of the disk. Threads each read, seal (or open) and write the next
// segment at its own place, while this one watches. The bytes are those of sealStream and openStream.

import { type FileHandle, open } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';

import { concatBytes } from '../../base/bytes/arrays.js';
import type { Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import type { OpenDescriptor } from '../../base/files/descriptor.js';
import { createEarlyFlush } from '../../base/files/early-flush.js';
import { type FileSeries, requireUnchanged } from '../../base/files/file-series.js';
import { replaceFile } from '../../base/files/replace-file.js';
import { holdsNoWords } from '../../base/files/text-check.js';
import { onDisk } from '../../base/files/streamed-output.js';
import { failureError, type ThreadFailure } from '../../base/files/worker-thread.js';
import type { SealedHeader } from '../format/header.js';
import { payloadShape, payloadSize, SEGMENT_SIZE, segmentCount } from '../format/layout.js';
import type { ContentDigest } from './payload-digest.js';
import { type FileWork, type SharedWork, STOPPED, WORK_CELLS, WRITTEN } from './file-segments.js';
import type { OpenedFront } from './open.js';
import { createFront, type SealOptions } from './seal.js';

const THREADS = 2;
const WATCH_EVERY_MS = 50;
/** Below this, starting threads takes longer than the work. */
export const WORTH_THREADS = 8 * SEGMENT_SIZE;

export interface FileEngineOptions {
  /** Permission bits of the new file. */
  readonly mode: number;
  /** Stops the work between two segments; nothing is left. */
  readonly signal: AbortSignal;
  /** Told of bytes as they are written. */
  readonly written: (bytes: number) => void;
  /** What the threads run; the compiled file-worker.js if absent. Tests that run from the sources give another. */
  readonly entry?: URL;
}

export interface SealFilesOptions extends FileEngineOptions, Pick<SealOptions, 'recipients' | 'protected'> {
  /** Whether every file must be text. */
  readonly content: 'text' | 'bytes';
}

/**
 * Seals a plaintext into the file `path`, which appears whole or not at all: on any failure what was there stays.
 *
 * @returns the header, and the length of the payload behind it.
 * @throws CleanroomError USAGE for the recipients; FILE_NOT_FOUND, FILE_UNREADABLE, FILE_CHANGED, TEXT_BINARY,
 * TEXT_NOT_UTF8, TEXT_EMPTY; FILE_UNWRITABLE; INTERNAL where a thread ends; the signal's reason.
 */
export async function sealFiles(
  text: FileSeries,
  path: string,
  options: SealFilesOptions,
): Promise<{ readonly header: SealedHeader; readonly payloadBytes: number }> {
  const { header, payloadBytes } = await sealByThreads(text, path, { ...options, digests: [] });
  return { header, payloadBytes };
}

/** As sealFiles, with the payload's digest, which one more thread makes from what is written. @throws as sealFiles */
export async function sealFilesAndDigest(
  text: FileSeries,
  path: string,
  options: SealFilesOptions,
): Promise<{ readonly header: SealedHeader; readonly payload: ContentDigest }> {
  const made = await sealByThreads(text, path, { ...options, digests: ['digest'] });
  if (made.sha256 === null) throw new CleanroomError('INTERNAL', 'the payload was not read to its end');
  return { header: made.header, payload: { sha256: made.sha256, bytes: made.payloadBytes } };
}

async function sealByThreads(
  text: FileSeries,
  path: string,
  options: SealFilesOptions & { readonly digests: readonly 'digest'[] },
): Promise<{
  readonly header: SealedHeader;
  readonly payloadBytes: number;
  readonly sha256: Sha256Hex | null;
}> {
  const { header, payloadHeader, segmentKey: key } = createFront(options);
  const bytes = payloadSize(text.bytes);
  const start = header.raw.length;
  try {
    const sha256 = await writeByThreads(path, options, async ({ file, output, run }) => {
      await onDisk(output.path, () => file.writeFile(concatBytes(header.raw, payloadHeader)));
      const shared = shareWork(segmentCount(text.bytes));
      const sealed = { ...output, start, bytes };
      const words = options.content === 'text' ? sharedBytes(text.files.length) : null;
      const digest = await run(shared, [
        ...twice({ ...shared, operation: 'seal', text, words, sealed, key }),
        ...options.digests.map((operation) => ({ ...shared, operation, sealed })),
      ]);
      const wordless = text.files.find((_, index) => words?.[index] === 0);
      if (wordless !== undefined) throw holdsNoWords(wordless.path);
      await requireUnchanged(text);
      return digest;
    });
    return { header, payloadBytes: bytes, sha256 };
  } finally {
    key.key.fill(0);
  }
}

/**
 * Opens the blob in `sealed`, of which `front` was read, into the file `path`, as sealFiles makes one.
 *
 * @returns the length of the plaintext.
 * @throws CleanroomError SEALED_BLOB_REJECTED; FILE_NOT_FOUND, FILE_UNREADABLE, FILE_CHANGED; FILE_UNWRITABLE; INTERNAL
 * where a thread ends; the signal's reason.
 */
export async function openIntoFile(
  sealed: FileSeries,
  front: OpenedFront,
  path: string,
  options: FileEngineOptions,
): Promise<number> {
  const { header, segmentKey: key } = front;
  const start = header.raw.length;
  try {
    const { segments, plaintextBytes } = payloadShape(sealed.bytes - start);
    await writeByThreads(path, options, async ({ output: text, run }) => {
      const shared = shareWork(segments);
      await run(shared, twice({ ...shared, operation: 'open', sealed, start, text, key }));
      return null;
    });
    return plaintextBytes;
  } finally {
    key.key.fill(0);
  }
}

function twice(work: FileWork): readonly FileWork[] {
  return Array.from({ length: THREADS }, () => work);
}

function shareWork(segments: number): SharedWork {
  return {
    cells: new Int32Array(new SharedArrayBuffer(WORK_CELLS * Int32Array.BYTES_PER_ELEMENT)),
    done: sharedBytes(segments),
  };
}

function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

interface Output {
  readonly file: FileHandle;
  readonly output: OpenDescriptor;
  /** Has threads do the works, and waits for them; the digest is that of the one that makes one. */
  readonly run: (shared: SharedWork, works: readonly FileWork[]) => Promise<Sha256Hex | null>;
}

async function writeByThreads<T>(
  path: string,
  { mode, ...options }: FileEngineOptions,
  work: (output: Output) => Promise<T>,
): Promise<T> {
  let made: { readonly value: T } | undefined;
  await replaceFile(path, async (temporary) => {
    const file = await onDisk(temporary, () => open(temporary, 'wx+', mode));
    try {
      const run: Output['run'] = (shared, works) => runThreads(file, shared, works, options);
      made = { value: await work({ file, output: { fd: file.fd, path: temporary }, run }) };
      await onDisk(temporary, () => file.sync());
      options.signal.throwIfAborted();
    } finally {
      await file.close();
    }
  });
  if (made === undefined) throw new CleanroomError('INTERNAL', `${path} was not made`);
  return made.value;
}

async function runThreads(
  file: FileHandle,
  { cells }: SharedWork,
  works: readonly FileWork[],
  { signal, written, entry }: Omit<FileEngineOptions, 'mode'>,
): Promise<Sha256Hex | null> {
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
    Atomics.notify(cells, WRITTEN);
  };
  const watching = setInterval(watch, WATCH_EVERY_MS);
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    // All threads have ended before the files are closed: a descriptor may be another file's the next moment.
    const ended = await Promise.allSettled(works.map((work) => runThread(work, stop, entry)));
    signal.throwIfAborted();
    for (const thread of ended) if (thread.status === 'rejected') throw thread.reason;
    watch();
    return (
      ended.map((thread) => (thread.status === 'fulfilled' ? thread.value : null)).find(isDigest) ?? null
    );
  } finally {
    clearInterval(watching);
    signal.removeEventListener('abort', stop);
    await flush.settled();
  }
}

function isDigest(digest: Sha256Hex | null): digest is Sha256Hex {
  return digest !== null;
}

type ThreadNews = { readonly digest: Sha256Hex | null } | { readonly failure: ThreadFailure };

/* Resolves when the thread has ended, with its digest where it made one; rejects then with what went wrong on it. */
function runThread(
  work: FileWork,
  stop: () => void,
  entry: URL = new URL('./file-worker.js', import.meta.url),
): Promise<Sha256Hex | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(entry, { workerData: work });
    let failure: Error | null = null;
    let digest: Sha256Hex | null = null;
    const died = (cause: unknown): void => {
      stop();
      failure ??= new CleanroomError('INTERNAL', 'a sealing thread ended', { cause });
    };
    worker.on('message', (news: ThreadNews) => {
      if ('failure' in news) failure = failureError(news.failure);
      else digest = news.digest;
    });
    worker.on('error', died);
    worker.on('exit', (code) => {
      if (code !== 0) died(new Error(`exit code ${code}`));
      if (failure === null) resolve(digest);
      else reject(failure);
    });
  });
}
