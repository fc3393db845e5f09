// The bytes of a graph's file, by place.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import { fileError } from '../../base/files/read-bounded.js';
import type { ByteSource } from './protobuf.js';

const WINDOW = 1 << 18;

/** Gives the file's bytes to `read` and closes it. @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, and what `read` throws */
export function withFileSource<T>(path: string, read: (source: ByteSource) => T): T {
  const file = opened(path);
  try {
    return read(fileSource(path, file));
  } finally {
    closeSync(file);
  }
}

/** Bytes that are in memory, in the same form. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, window: (offset, length) => bytes.subarray(offset, offset + length) };
}

function opened(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw fileError(path, cause);
  }
}

function fileSource(path: string, file: number): ByteSource {
  const buffer = new Uint8Array(WINDOW);
  let [from, to] = [0, 0];
  return {
    size: fstatSync(file).size,
    window: (offset, length) => {
      if (offset < from || offset >= to) {
        from = offset;
        to = offset + readAt(path, file, buffer, offset);
      }
      return buffer.subarray(offset - from, Math.min(to, offset + length) - from);
    },
  };
}

function readAt(path: string, file: number, buffer: Uint8Array, offset: number): number {
  try {
    const read = readSync(file, buffer, 0, buffer.length, offset);
    if (read > 0) return read;
  } catch (cause) {
    throw fileError(path, cause);
  }
  throw fileError(path, new Error('the file became shorter while it was read'));
}
