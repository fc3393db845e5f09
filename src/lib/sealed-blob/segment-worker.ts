// A worker thread of worker-engine.ts: seals and opens one segment a message.

import { parentPort } from 'node:worker_threads';

import { createPieceCollector } from './piece-memory.js';
import { openSegment, sealSegment, type SegmentJob, type SegmentKey } from './segment-cipher.js';

/** What the engine asks. `data` is handed over, not copied. */
export interface SegmentRequest {
  readonly id: number;
  readonly operation: 'seal' | 'open';
  readonly key: SegmentKey;
  readonly job: SegmentJob;
}

/** What the worker answers; `data` is null for a segment that is refused. */
export interface SegmentAnswer {
  readonly id: number;
  readonly data: Uint8Array<ArrayBuffer> | null;
}

const port = parentPort;
const collect = createPieceCollector();
port?.on('message', ({ id, operation, key, job }: SegmentRequest) => {
  const data = operation === 'seal' ? sealSegment(key, job) : openOrNull(key, job);
  const answer: SegmentAnswer = { id, data };
  port.postMessage(answer, data === null ? [] : [data.buffer]);
  collect();
});

function openOrNull(key: SegmentKey, job: SegmentJob): Uint8Array<ArrayBuffer> | null {
  try {
    return openSegment(key, job);
  } catch {
    return null;
  }
}
