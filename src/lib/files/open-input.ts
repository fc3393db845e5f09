// A file, or standard input, to be read from front to back; a file that changes while it is read is an error.

import { type FileHandle, open } from 'node:fs/promises';

import { CleanroomError } from '../errors.js';
import { type ByteReader, readChunks, readHandle } from './byte-reader.js';
import { fileError } from './read-bounded.js';

export interface OpenInput {
  readonly reader: ByteReader;
  /** Null where it cannot be known before the end (a pipe). */
  readonly size: number | null;
  close(): Promise<void>;
}

/**
 * Opens `path`; `-` is standard input.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE; while reading also FILE_CHANGED, if the file is not as long
 * at its end as it was when it was opened.
 */
export async function openInput(path: string, stdin: AsyncIterable<Uint8Array>): Promise<OpenInput> {
  if (path === '-') return { reader: readChunks(stdin), size: null, close: () => Promise.resolve() };
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw fileError(path, cause);
  }
  const status = await file.stat();
  if (status.isDirectory()) {
    await file.close();
    throw new CleanroomError('FILE_UNREADABLE', `${path} is a directory`);
  }
  const size = status.isFile() ? status.size : null;
  return { reader: steadyReader(path, readHandle(file), size), size, close: () => file.close() };
}

function steadyReader(path: string, reader: ByteReader, size: number | null): ByteReader {
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
      const ended = filled < target.length;
      if (size !== null && (total > size || (ended && total < size))) {
        throw new CleanroomError('FILE_CHANGED', `${path} changed while it was read`);
      }
      return filled;
    },
    cancel: () => reader.cancel(),
  };
}
