// Segments on a second thread, while this one reads, hashes and writes. Ciphers on both would gain little and cost memory:
// each thread's garbage collector lets some 64 MB of buffers lie before it acts.

import { type AnsweringThread, startAnsweringThread } from '../../base/files/worker-thread.js';
import type { SegmentJob, SegmentKey } from './segment-cipher.js';
import { INLINE_ENGINE, type SegmentEngine } from './segment-engine.js';
import type { SegmentRequest } from './segment-worker.js';

/* Small inputs are done before a thread would have started. */
const FIRST_FOR_WORKER = 8;
/* One segment in work, and one waiting on either side of it. */
const CONCURRENCY = 3;

/** An engine with a thread of its own; `close` ends it. */
export interface WorkerEngine extends SegmentEngine {
  close(): Promise<void>;
}

/**
 * An engine whose thread starts when there is enough to do.
 *
 * @param entry - what it runs; the compiled segment-worker.js if absent. Tests that run from the sources give another.
 */
export function createWorkerEngine(
  entry: URL = new URL('./segment-worker.js', import.meta.url),
): WorkerEngine {
  let worker: AnsweringThread<SegmentRequest, Uint8Array> | null = null;
  const ask = (operation: SegmentRequest['operation'], key: SegmentKey, job: SegmentJob) =>
    (worker ??= startAnsweringThread(entry)).ask({ operation, key, job }, [job.data.buffer]);
  const isEarly = ({ index }: SegmentJob): boolean => worker === null && index < FIRST_FOR_WORKER;
  return {
    concurrency: CONCURRENCY,
    seal: (key, job) => (isEarly(job) ? INLINE_ENGINE.seal(key, job) : ask('seal', key, job)),
    open: (key, job) => (isEarly(job) ? INLINE_ENGINE.open(key, job) : ask('open', key, job)),
    close: async () => {
      await worker?.close();
      worker = null;
    },
  };
}
