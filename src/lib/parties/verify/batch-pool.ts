// Batches of files on worker threads, one thread a core: parsing and signatures cost alike, so both are spread.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { CleanroomError } from '../../base/errors.js';
import type { BatchAnswer, BatchRequest } from './batch-worker.js';
import type { WarnedOutcome, PlanValues } from './verify-batch.js';

const BATCH = 32;

/** What runs in a thread: the compiled batch-worker.js. Tests that run from the sources give another. */
export const BATCH_WORKER = new URL('./batch-worker.js', import.meta.url);

/**
 * Verifies files on as many threads as there are cores, each with at most two batches in work or waiting.
 *
 * @param onFinished - told how many files are done.
 * @returns outcomes in the order of `paths`.
 * @throws the signal's reason; CleanroomError INTERNAL if a thread ends early. No thread is left either way.
 */
export async function verifyOnThreads(
  paths: readonly string[],
  plan: PlanValues,
  onFinished: (count: number) => void,
  signal: AbortSignal,
  entry: URL,
): Promise<readonly WarnedOutcome[]> {
  const outcomes: WarnedOutcome[] = [];
  const batches = batchesOf(paths);
  const workers = Array.from(
    { length: availableParallelism() },
    () => new Worker(entry, { workerData: plan }),
  );
  let finished = 0;
  try {
    await Promise.all(
      workers.map((worker) =>
        drain(worker, batches, signal, ({ first, outcomes: some }) => {
          some.forEach((outcome, index) => (outcomes[first + index] = outcome));
          finished += some.length;
          onFinished(finished);
        }),
      ),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return outcomes;
}

function* batchesOf(paths: readonly string[]): Generator<BatchRequest> {
  for (let first = 0; first < paths.length; first += BATCH) {
    yield { first, paths: paths.slice(first, first + BATCH) };
  }
}

/* Gives a worker batches until there is none left and the last answer is in. */
function drain(
  worker: Worker,
  batches: Iterator<BatchRequest>,
  signal: AbortSignal,
  onAnswer: (answer: BatchAnswer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let inWork = 0;
    const give = (): void => {
      const next = batches.next();
      if (next.done === true) return;
      inWork += 1;
      worker.postMessage(next.value);
    };
    const ended = (cause: unknown): void =>
      reject(new CleanroomError('INTERNAL', 'a thread that verifies files ended', { cause }));
    worker.on('message', (answer: BatchAnswer) => {
      inWork -= 1;
      onAnswer(answer);
      give();
      if (inWork === 0) resolve();
    });
    worker.once('error', ended);
    worker.once('exit', ended);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    if (signal.aborted) reject(signal.reason as Error);
    give();
    give();
    if (inWork === 0) resolve();
  });
}
