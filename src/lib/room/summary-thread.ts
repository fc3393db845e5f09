// Summaries on a thread of their own, so that the room's page answers while a text is worked on. Nothing that the thread writes
// reaches a stream of the process.

import { Worker } from 'node:worker_threads';

/* The thread asks whether the main thread has. */
import '../summarizer/quiet-runtime.js';
import { CleanroomError } from '../base/errors.js';
import type { MadeOf, ThreadMessage, ThreadTask } from './thread-task.js';

/** What the thread runs: the compiled summary-worker.js. Tests that run from the sources give another. */
export const SUMMARY_WORKER = new URL('./summary-worker.js', import.meta.url);

export interface ApartOptions {
  readonly signal: AbortSignal;
  /** SUMMARY_WORKER if absent. */
  readonly entry?: URL | undefined;
}

/**
 * Has a thread do the task; it has ended, and let go of the model's files, before this settles.
 *
 * @throws CleanroomError with the code that the thread gave, INTERNAL where it ended early; the signal's reason
 */
export async function summarizeApart<T extends ThreadTask>(
  task: T,
  { signal, entry = SUMMARY_WORKER }: ApartOptions,
): Promise<MadeOf<T>> {
  signal.throwIfAborted();
  /* Streams of its own, which nobody reads. */
  const worker = new Worker(entry, { workerData: task, stdout: true, stderr: true });
  const abort = (): void => worker.postMessage('abort');
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await new Promise<MadeOf<T>>((resolve, reject) => {
      let made: MadeOf<T> | null = null;
      let failure = new CleanroomError('INTERNAL', 'the thread that summarizes ended early');
      worker.on('message', (message: ThreadMessage<T>) => {
        if ('made' in message) made = message.made;
        else failure = new CleanroomError(message.failed, 'the thread that summarizes said so');
      });
      /* Its message might quote text. */
      worker.on('error', () => undefined);
      worker.on('exit', () => {
        if (made === null) reject(failure);
        else resolve(made);
      });
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
