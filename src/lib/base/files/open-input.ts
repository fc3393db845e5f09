// A file, or standard input, to be read from front to back; a file that changes while it is read is an error.

import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

import { CleanroomError } from '../errors.js';
import { type ByteReader, readChunks, readHandle } from './byte-reader.js';
import { fileError } from './read-bounded.js';

/** A file on disk that is being read. */
export interface RegularInput {
  readonly path: string;
  readonly file: FileHandle;
  readonly size: number;
  /** @throws CleanroomError FILE_CHANGED, if it is not what it was when it was opened: its length, or when it was written. */
  requireUnchanged(): Promise<void>;
}

export interface OpenInput {
  readonly reader: ByteReader;
  /** Null where it cannot be known before the end (a pipe). */
  readonly size: number | null;
  /** For who reads anywhere in it instead of from front to back; null for a pipe or a device. */
  readonly regular: RegularInput | null;
  close(): Promise<void>;
}

/**
 * Opens `path`; `-` is standard input.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE; at its end also FILE_CHANGED, if the file changed meanwhile.
 */
export async function openInput(path: string, stdin: AsyncIterable<Uint8Array>): Promise<OpenInput> {
  if (path === '-') {
    return { reader: readChunks(stdin), size: null, regular: null, close: () => Promise.resolve() };
  }
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw fileError(path, cause);
  }
  const status = await file.stat({ bigint: true });
  if (status.isDirectory()) {
    await file.close();
    throw new CleanroomError('FILE_UNREADABLE', `${path} is a directory`);
  }
  const regular = status.isFile() ? regularInput(path, file, status) : null;
  const reader = steadyReader(path, readHandle(file), regular);
  return { reader, size: regular?.size ?? null, regular, close: () => file.close() };
}

function regularInput(path: string, file: FileHandle, before: BigIntStats): RegularInput {
  const requireUnchanged = async (): Promise<void> => {
    const after = await file.stat({ bigint: true });
    if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) throw fileChanged(path);
  };
  return { path, file, size: Number(before.size), requireUnchanged };
}

/** The error of a file that is not any more what it was when it was opened. */
export function fileChanged(path: string): CleanroomError {
  return new CleanroomError('FILE_CHANGED', `${path} changed while it was read`);
}

function steadyReader(path: string, reader: ByteReader, regular: RegularInput | null): ByteReader {
  let total = 0;
  return {
    readInto: async (target) => {
      let filled: number;
      try {
        filled = await reader.readInto(target);
      } catch (cause) {
        throw fileError(path, cause);
      }
      total += filled;
      if (regular === null) return filled;
      const ended = filled < target.length;
      if (total > regular.size || (ended && total < regular.size)) throw fileChanged(path);
      if (ended) await regular.requireUnchanged();
      return filled;
    },
    cancel: () => reader.cancel(),
  };
}
