// A worker thread of seal-file-to-file.ts.

import { parentPort, workerData } from 'node:worker_threads';

import { CleanroomError, describeCause } from '../errors.js';
import { type FileWork, sealFileSegments, STOPPED, type WorkFailure } from './file-segments.js';

const work = workerData as FileWork;
try {
  sealFileSegments(work);
} catch (cause) {
  Atomics.store(work.cells, STOPPED, 1);
  parentPort?.postMessage(failureOf(cause));
} finally {
  work.key.key.fill(0);
}

function failureOf(cause: unknown): WorkFailure {
  return cause instanceof CleanroomError
    ? { code: cause.code, message: cause.message }
    : { code: 'INTERNAL', message: `a sealing thread failed: ${describeCause(cause)}` };
}
