// A worker thread of seal-file-to-file.ts.

import { parentPort, workerData } from 'node:worker_threads';

import { describeFailure } from '../../base/files/worker-thread.js';
import { type FileWork, sealFileSegments, STOPPED } from './file-segments.js';

const work = workerData as FileWork;
try {
  sealFileSegments(work);
} catch (cause) {
  Atomics.store(work.cells, STOPPED, 1);
  parentPort?.postMessage(describeFailure(cause));
} finally {
  work.key.key.fill(0);
}
