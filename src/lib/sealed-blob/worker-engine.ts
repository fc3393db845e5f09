// Segments on a second thread, while this one reads, hashes and writes. Ciphers on both would gain little and cost memory:
// each thread's garbage collector lets some 64 MB of buffers lie before it acts.

import { Worker } from 'node:worker_threads';

import { CleanroomError } from '../errors.js';
import { sealedBlobRejected } from './rejected.js';
import type { SegmentJob, SegmentKey } from './segment-cipher.js';
import { INLINE_ENGINE, type SegmentEngine } from './segment-engine.js';
import type { SegmentAnswer, SegmentRequest } from './segment-worker.js';

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
  let worker: RunningWorker | null = null;
  const started = (): RunningWorker => (worker ??= startWorker(entry));
  const isEarly = ({ index }: SegmentJob): boolean => worker === null && index < FIRST_FOR_WORKER;
  return {
    concurrency: CONCURRENCY,
    seal: (key, job) => (isEarly(job) ? INLINE_ENGINE.seal(key, job) : started().ask('seal', key, job)),
    open: (key, job) => (isEarly(job) ? INLINE_ENGINE.open(key, job) : started().ask('open', key, job)),
    close: async () => {
      await worker?.close();
      worker = null;
    },
  };
}

interface Waiting {
  resolve(data: Uint8Array): void;
  reject(cause: unknown): void;
}

interface RunningWorker {
  ask(operation: SegmentRequest['operation'], key: SegmentKey, job: SegmentJob): Promise<Uint8Array>;
  readonly close: () => Promise<void>;
}

function startWorker(entry: URL): RunningWorker {
  const worker = new Worker(entry);
  const waiting = new Map<number, Waiting>();
  let nextId = 0;
  worker.on('message', ({ id, data }: SegmentAnswer) => {
    const asker = waiting.get(id);
    waiting.delete(id);
    if (data === null) asker?.reject(sealedBlobRejected());
    else asker?.resolve(data);
  });
  const fail = (cause: unknown): void => {
    for (const asker of waiting.values()) {
      asker.reject(new CleanroomError('INTERNAL', 'a worker thread ended', { cause }));
    }
    waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', fail);
  return {
    ask: (operation, key, job) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        const request: SegmentRequest = { id, operation, key, job };
        worker.postMessage(request, [job.data.buffer]);
      }),
    close: async () => {
      await worker.terminate();
    },
  };
}
