// A byte source in, exact segments out, the last one known to be the last; and the memory that they lie in.

import type { ByteReader } from '../../base/files/byte-reader.js';
import { SEGMENT_SIZE } from '../format/layout.js';
import type { SegmentJob } from './segment-cipher.js';

/** Memory for segments. Every buffer holds a whole sealed segment, tag included. */
export interface SegmentBuffers {
  take(): Uint8Array<ArrayBuffer>;
  /** Gives back the memory of a chunk that came out of sealing or opening and is not used any more. */
  give(chunk: Uint8Array): void;
}

/** New memory for every segment: a chunk stays as it is for as long as its reader keeps it. */
export const FRESH_BUFFERS: SegmentBuffers = {
  take: () => new Uint8Array(SEGMENT_SIZE),
  give: () => undefined,
};

/** Memory that goes round: flat and free of page faults, for a caller that gives every chunk back. */
export function createBufferRing(): SegmentBuffers {
  const free: ArrayBuffer[] = [];
  return {
    take: () => new Uint8Array(free.pop() ?? new ArrayBuffer(SEGMENT_SIZE)),
    give: ({ buffer }) => {
      if (buffer instanceof ArrayBuffer && buffer.byteLength === SEGMENT_SIZE) free.push(buffer);
    },
  };
}

/** The segments of what is left in `reader`: `sizeOf(index)` bytes each; the last may be shorter, or empty. */
export async function* segments(
  reader: ByteReader,
  sizeOf: (index: number) => number,
  buffers: SegmentBuffers,
): AsyncGenerator<SegmentJob, void, undefined> {
  const next = async (index: number): Promise<Uint8Array<ArrayBuffer>> => {
    const data = buffers.take().subarray(0, sizeOf(index));
    return data.subarray(0, await reader.readInto(data));
  };
  try {
    let data = await next(0);
    for (let index = 0; ; index++) {
      const following = data.length === sizeOf(index) ? await next(index + 1) : null;
      const last = following === null || following.length === 0;
      yield { index, last, data };
      if (last) return;
      data = following;
    }
  } finally {
    await reader.cancel();
  }
}
