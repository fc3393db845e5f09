// A worker thread of batch-pool.ts: verifies the files of one message, and answers with one.

import { parentPort, workerData } from 'node:worker_threads';

import { createBatchVerifier, type WarnedOutcome, type PlanValues } from './verify-batch.js';

export interface BatchRequest {
  /** Index of the first path. */
  readonly first: number;
  readonly paths: readonly string[];
}

export interface BatchAnswer {
  readonly first: number;
  readonly outcomes: readonly WarnedOutcome[];
}

const port = parentPort;
const verify = createBatchVerifier(workerData as PlanValues);

port?.on('message', ({ first, paths }: BatchRequest) => {
  void verifyAll(paths).then((outcomes) => {
    const answer: BatchAnswer = { first, outcomes };
    port.postMessage(answer);
  });
});

async function verifyAll(paths: readonly string[]): Promise<readonly WarnedOutcome[]> {
  const outcomes: WarnedOutcome[] = [];
  for (const path of paths) outcomes.push(await verify(path));
  return outcomes;
}
