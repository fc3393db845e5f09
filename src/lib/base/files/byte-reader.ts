// Bytes in exact lengths, from a stream of chunks or from a file.

import type { FileHandle } from 'node:fs/promises';

/** A byte source that is read in exact lengths. */
export interface ByteReader {
  /** Fills `target` from the source; fewer bytes than it has room for only at the end of the source. */
  readInto(target: Uint8Array): Promise<number>;
  /** Ends the source before its end. */
  cancel(): Promise<void>;
}

/** The next `length` bytes, fewer only at the end of the source. */
export async function readBytes(reader: ByteReader, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, await reader.readInto(bytes));
}

/** Reads a stream of chunks, whatever their sizes are. */
export function readChunks(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    readInto: async (target) => {
      let filled = 0;
      while (filled < target.length) {
        if (rest.length === 0) {
          const next = await iterator.next();
          if (next.done === true) break;
          rest = next.value;
        }
        const part = rest.subarray(0, target.length - filled);
        target.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      return filled;
    },
    cancel: async () => {
      await iterator.return?.();
    },
  };
}

/** Reads an open file from where it stands; the handle stays the caller's to close. */
export function readHandle(file: FileHandle): ByteReader {
  return {
    readInto: async (target) => {
      let filled = 0;
      while (filled < target.length) {
        const { bytesRead } = await file.read(target, filled, target.length - filled, null);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },
    cancel: () => Promise.resolve(),
  };
}
