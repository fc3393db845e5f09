// Where segments are sealed and opened: here on the calling thread, or in a pool (worker-engine.ts).

import { openSegment, sealSegment, type SegmentJob, type SegmentKey } from './segment-cipher.js';

/** Seals and opens segments; results are awaited in order, up to `concurrency` are under way at once. */
export interface SegmentEngine {
  readonly concurrency: number;
  seal(key: SegmentKey, job: SegmentJob): Promise<Uint8Array> | Uint8Array;
  /** Rejects with SEALED_BLOB_REJECTED for a bad segment. */
  open(key: SegmentKey, job: SegmentJob): Promise<Uint8Array> | Uint8Array;
}

/** Does the work on the calling thread: the engine of the room, and of small inputs. */
export const INLINE_ENGINE: SegmentEngine = { concurrency: 1, seal: sealSegment, open: openSegment };

/** Maps in parallel and yields in order; the source is read no further ahead than the engine needs. */
export async function* mapInOrder<T>(
  source: AsyncIterable<T>,
  concurrency: number,
  map: (item: T) => Promise<Uint8Array> | Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  let underWay: readonly Promise<Uint8Array>[] = [];
  try {
    for await (const item of source) {
      const result = Promise.resolve(map(item));
      // Its turn to be awaited comes later; until then a rejection is not unhandled.
      result.catch(() => undefined);
      underWay = [...underWay, result];
      const [oldest] = underWay;
      if (underWay.length < concurrency || oldest === undefined) continue;
      underWay = underWay.slice(1);
      yield await oldest;
    }
    for (const result of underWay) yield await result;
  } finally {
    await Promise.allSettled(underWay);
  }
}
