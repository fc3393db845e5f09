// Chunks of any size in, exact segments out, the last one known to be the last.

import { concatBytes } from '../bytes/arrays.js';
import type { SegmentJob } from './segment-cipher.js';

/** A byte source that is read in exact lengths. */
export interface ByteReader {
  /** The next `length` bytes, fewer only at the end of the source. The array is the caller's. */
  read(length: number): Promise<Uint8Array>;
  /** Ends the source before its end. */
  cancel(): Promise<void>;
}

/** Reads `source` in exact lengths, whatever its chunks are. */
export function readExactly(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array(0);
  let offset = 0;
  return {
    read: async (length) => {
      const parts: Uint8Array[] = [];
      let missing = length;
      while (missing > 0) {
        if (offset === chunk.length) {
          const next = await iterator.next();
          if (next.done === true) break;
          chunk = next.value;
          offset = 0;
        }
        const part = chunk.subarray(offset, offset + missing);
        parts.push(part);
        offset += part.length;
        missing -= part.length;
      }
      return concatBytes(...parts);
    },
    cancel: async () => {
      await iterator.return?.();
    },
  };
}

/** The segments of what is left in `reader`: `sizeOf(index)` bytes each; the last may be shorter, or empty. */
export async function* segments(
  reader: ByteReader,
  sizeOf: (index: number) => number,
): AsyncGenerator<SegmentJob, void, undefined> {
  try {
    let data = await reader.read(sizeOf(0));
    for (let index = 0; ; index++) {
      const full = data.length === sizeOf(index);
      const next = full ? await reader.read(sizeOf(index + 1)) : new Uint8Array(0);
      const last = next.length === 0;
      yield { index, last, data };
      if (last) return;
      data = next;
    }
  } finally {
    await reader.cancel();
  }
}
