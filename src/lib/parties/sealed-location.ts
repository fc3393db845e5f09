// A sealed blob on disk, read in pieces, never held whole.

import { type FileHandle, open } from 'node:fs/promises';

import { CleanroomError } from '../base/errors.js';
import { fileError } from '../base/files/read-bounded.js';
import type { SealedLocation } from '../ports/sealed-location.js';

const CHUNK = 1024 * 1024;

/** A sealed blob on disk. @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE */
export async function openSealedPath(path: string): Promise<SealedLocation> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw fileError(path, cause);
  }
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length);
    let filled = 0;
    try {
      for (let got = -1; filled < length && got !== 0; filled += got) {
        got = (await file.read(bytes, filled, length - filled, offset + filled)).bytesRead;
      }
    } catch (cause) {
      throw fileError(path, cause);
    }
    if (filled < length) throw new CleanroomError('FILE_CHANGED', `${path} became shorter while it was read`);
    return bytes;
  };
  const { size } = await file.stat();
  return {
    name: path,
    size,
    read,
    stream: async function* (offset) {
      for (let at = offset; at < size; at += CHUNK) yield await read(at, Math.min(CHUNK, size - at));
    },
    close: () => file.close(),
  };
}
