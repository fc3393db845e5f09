// Bytes and files as one text, one behind the other, read at any place by any thread; a file that changes is an error.

import { type BigIntStats, closeSync, fstatSync, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';

import { fileChanged, type OpenDescriptor, readExactly } from './descriptor.js';
import { fileError } from './read-bounded.js';

/** A regular file as it was when it was looked at. */
export interface SteadyFile {
  readonly path: string;
  readonly bytes: number;
  readonly device: bigint;
  readonly inode: bigint;
  readonly modifiedNs: bigint;
}

/** What is read: `front`, then the files in their order. */
export interface FileSeries {
  readonly front: Uint8Array;
  readonly files: readonly SteadyFile[];
  /** Of all together. */
  readonly bytes: number;
}

/** The part of one file that was read into a buffer. */
export interface FilePortion {
  /** Its place in the series. */
  readonly file: number;
  readonly source: OpenDescriptor;
  readonly data: Uint8Array;
  /** In the file. */
  readonly offset: number;
  /** Whether the file ends with it. */
  readonly last: boolean;
}

export interface SeriesReader {
  /**
   * Fills `target` with what stands at `offset`, and tells `each` of every file's portion as it is there.
   *
   * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_CHANGED; what `each` throws
   */
  read(target: Uint8Array, offset: number, each: (portion: FilePortion) => void): void;
  close(): void;
}

/** What a file is known again by. */
export function steadyFile(path: string, { size, dev, ino, mtimeNs }: BigIntStats): SteadyFile {
  return { path, bytes: Number(size), device: dev, inode: ino, modifiedNs: mtimeNs };
}

/** Files behind `front`. */
export function seriesOf(front: Uint8Array, files: readonly SteadyFile[]): FileSeries {
  return { front, files, bytes: files.reduce((total, { bytes }) => total + bytes, front.length) };
}

/** Whether two series are of the same files, none of them written in between. */
export function isSameSeries(one: FileSeries, other: FileSeries): boolean {
  return (
    one.files.length === other.files.length &&
    one.files.every((file, index) => {
      const again = other.files[index];
      return again !== undefined && file.path === again.path && isSameFile(file, again);
    })
  );
}

/** @throws CleanroomError FILE_CHANGED, FILE_NOT_FOUND, if a file is not what it was: another one, its length, when it was written. */
export async function requireUnchanged({ files }: FileSeries): Promise<void> {
  for (const file of files) requireSame(file, await statOf(file.path));
}

/** Reads on the thread that calls, with one file open at a time. */
export function openSeries({ front, files }: FileSeries): SeriesReader {
  const starts = startsOf(front, files);
  let open: { readonly index: number; readonly source: OpenDescriptor } | null = null;
  const close = (): void => {
    if (open !== null) closeSync(open.source.fd);
    open = null;
  };
  const sourceOf = (file: SteadyFile, index: number): OpenDescriptor => {
    if (open?.index === index) return open.source;
    close();
    open = { index, source: openAgain(file) };
    return open.source;
  };
  return {
    read: (target, offset, each) => {
      let filled = Math.max(0, Math.min(target.length, front.length - offset));
      target.set(front.subarray(offset, offset + filled));
      for (let index = fileAt(starts, offset + filled); filled < target.length; index++) {
        const [file, start] = [files[index], starts[index]];
        if (file === undefined || start === undefined) throw new RangeError('behind the end of the series');
        const within = offset + filled - start;
        const data = target.subarray(filled, filled + Math.min(target.length - filled, file.bytes - within));
        if (data.length === 0) continue;
        const source = sourceOf(file, index);
        readExactly(source, data, within);
        each({ file: index, source, data, offset: within, last: within + data.length === file.bytes });
        filled += data.length;
      }
    },
    close,
  };
}

function startsOf(front: Uint8Array, files: readonly SteadyFile[]): Float64Array {
  const starts = new Float64Array(files.length);
  let start = front.length;
  for (const [index, { bytes }] of files.entries()) {
    starts[index] = start;
    start += bytes;
  }
  return starts;
}

/* The last file that begins at `offset` or before; of several, empty ones stand before it. */
function fileAt(starts: Float64Array, offset: number): number {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low;
}

function openAgain(file: SteadyFile): OpenDescriptor {
  let fd: number;
  try {
    fd = openSync(file.path, 'r');
  } catch (cause) {
    throw fileError(file.path, cause);
  }
  try {
    requireSame(file, fstatSync(fd, { bigint: true }));
  } catch (cause) {
    closeSync(fd);
    throw cause;
  }
  return { fd, path: file.path };
}

async function statOf(path: string): Promise<BigIntStats> {
  try {
    return await stat(path, { bigint: true });
  } catch (cause) {
    throw fileError(path, cause);
  }
}

function requireSame(file: SteadyFile, status: BigIntStats): void {
  if (!isSameFile(file, steadyFile(file.path, status))) throw fileChanged(file.path);
}

function isSameFile(file: SteadyFile, other: SteadyFile): boolean {
  return (
    file.bytes === other.bytes &&
    file.modifiedNs === other.modifiedNs &&
    file.device === other.device &&
    file.inode === other.inode
  );
}
