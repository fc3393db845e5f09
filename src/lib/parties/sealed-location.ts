// Where a sealed blob is: on disk, or in storage (src/lib/azure/stored-blob.ts). Read in pieces, never held whole.

import { type FileHandle, open } from 'node:fs/promises';

import { CleanroomError } from '../base/errors.js';
import { fileError } from '../base/files/read-bounded.js';
import type { SealedSource } from '../sealed-blob/engine/open.js';

/** Everything that is read through one location is of one and the same version of the blob. */
export interface SealedLocation extends SealedSource {
  /** For messages: path, or URL without its query. */
  readonly name: string;
  /** Everything from `offset` to the end. */
  stream(offset: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

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
