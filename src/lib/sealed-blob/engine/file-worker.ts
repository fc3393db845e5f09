// A worker thread of file-engine.ts.

import { parentPort, workerData } from 'node:worker_threads';

import { describeFailure } from '../../base/files/worker-thread.js';
import {
  digestPayload,
  type FileWork,
  openFileSegments,
  sealFileSegments,
  STOPPED,
  WRITTEN,
} from './file-segments.js';

const work = workerData as FileWork;
try {
  if (work.operation === 'digest') parentPort?.postMessage({ digest: digestPayload(work) });
  else if (work.operation === 'seal') sealFileSegments(work);
  else openFileSegments(work);
} catch (cause) {
  Atomics.store(work.cells, STOPPED, 1);
  Atomics.notify(work.cells, WRITTEN);
  parentPort?.postMessage({ failure: describeFailure(cause) });
} finally {
  if (work.operation !== 'digest') work.key.key.fill(0);
}
