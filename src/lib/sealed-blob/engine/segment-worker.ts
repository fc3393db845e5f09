// A worker thread of worker-engine.ts: seals and opens one segment a request.

import { answerRequests } from '../../base/files/worker-thread.js';
import { createPieceCollector } from './piece-memory.js';
import { openSegment, sealSegment, type SegmentJob, type SegmentKey } from './segment-cipher.js';

/** What the engine asks. The job's memory is handed over, not copied. */
export interface SegmentRequest {
  readonly operation: 'seal' | 'open';
  readonly key: SegmentKey;
  readonly job: SegmentJob;
}

const collect = createPieceCollector();

answerRequests(
  ({ operation, key, job }: SegmentRequest) => {
    collect();
    return operation === 'seal' ? sealSegment(key, job) : openSegment(key, job);
  },
  ({ buffer }) => [buffer],
);
