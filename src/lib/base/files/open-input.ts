// A file, or standard input, to be read from front to back; a file that changes while it is read is an error.

import { type FileHandle, open } from 'node:fs/promises';

import { CleanroomError } from '../errors.js';
import { type ByteReader, readChunks, readHandle } from './byte-reader.js';
import { fileChanged } from './descriptor.js';
import { type SteadyFile, steadyFile } from './file-series.js';
import { fileError } from './read-bounded.js';

export interface OpenInput {
  readonly reader: ByteReader;
  /** Null where it cannot be known before the end (a pipe). */
  readonly size: number | null;
  /** For who reads anywhere in it instead of from front to back; null for a pipe or a device. */
  readonly regular: SteadyFile | null;
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
  const regular = status.isFile() ? steadyFile(path, status) : null;
  const reader = steadyReader(path, file, regular);
  return { reader, size: regular?.bytes ?? null, regular, close: () => file.close() };
}

/* By the open handle: what a file of the same name has become meanwhile does not matter. */
function steadyReader(path: string, file: FileHandle, regular: SteadyFile | null): ByteReader {
  const reader = readHandle(file);
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
      const { bytes, modifiedNs } = regular;
      const ended = filled < target.length;
      if (total > bytes || (ended && total < bytes)) throw fileChanged(path);
      if (!ended) return filled;
      const after = await file.stat({ bigint: true });
      if (Number(after.size) !== bytes || after.mtimeNs !== modifiedNs) throw fileChanged(path);
      return filled;
    },
    cancel: () => reader.cancel(),
  };
}
