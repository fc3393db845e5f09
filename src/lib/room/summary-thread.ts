// Summaries on a thread of their own, so that the room's page answers while a text is worked on. Nothing that the thread writes
// reaches a stream of the process.

import { Worker } from 'node:worker_threads';

/* The thread asks whether the main thread has. */
import '../summarizer/quiet-runtime.js';
import { CleanroomError } from '../base/errors.js';
import type { BytePasses } from './document-batches.js';
import type { MadePart } from './shards/part.js';
import {
  type BatchGiven,
  type BatchWanted,
  createDocumentFeed,
  type DocumentFeed,
} from './thread-documents.js';
import type { MadeOf, ThreadMessage, ThreadTask } from './thread-task.js';

/** What the thread runs: the compiled summary-worker.js. Tests that run from the sources give another. */
export const SUMMARY_WORKER = new URL('./summary-worker.js', import.meta.url);

/* Without a model, what is young on the thread is soon garbage: memory for it grows to this, and to eight times as much where nobody
   says. What a model computes lives longer. */
const YOUNG_MB = 6;

export interface ApartOptions {
  readonly signal: AbortSignal;
  /** SUMMARY_WORKER if absent. */
  readonly entry?: URL | undefined;
  /** What the thread may ask for; none if absent. */
  readonly documents?: BytePasses;
  /** Told of parts as they are made, in the documents' order. */
  readonly onParts?: (parts: readonly MadePart[]) => void;
  /** Memory of the task that becomes the thread's. */
  readonly memory?: readonly ArrayBuffer[];
}

/**
 * Has a thread do the task; it has ended, and let go of the model's files, before this settles.
 *
 * @throws CleanroomError with the code that the thread gave, INTERNAL where it ended early; what `documents` throws; the signal's reason
 */
export async function summarizeApart<T extends ThreadTask>(
  task: T,
  {
    signal,
    entry = SUMMARY_WORKER,
    documents = NO_DOCUMENTS,
    onParts = () => undefined,
    memory = [],
  }: ApartOptions,
): Promise<MadeOf<T>> {
  signal.throwIfAborted();
  /* Streams of its own, which nobody reads. */
  const worker = new Worker(entry, {
    workerData: task,
    transferList: [...memory],
    stdout: true,
    stderr: true,
    ...(task.model === null ? { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } } : {}),
  });
  const abort = (): void => worker.postMessage('abort');
  signal.addEventListener('abort', abort, { once: true });
  const feed = createDocumentFeed(documents);
  try {
    return await answerOf<T>(worker, feed, onParts);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    await feed.close();
  }
}

function answerOf<T extends ThreadTask>(
  worker: Worker,
  feed: DocumentFeed,
  onParts: (parts: readonly MadePart[]) => void,
): Promise<MadeOf<T>> {
  return new Promise<MadeOf<T>>((resolve, reject) => {
    let end: { readonly made: MadeOf<T> } | null = null;
    let failure = new CleanroomError('INTERNAL', 'the thread that summarizes ended early');
    let broken: { readonly cause: Error } | null = null;
    const give = async (wanted: BatchWanted): Promise<BatchGiven> => {
      try {
        return await feed.answer(wanted);
      } catch (cause) {
        broken = { cause: cause as Error };
        return { batch: 'broken' };
      }
    };
    worker.on('message', (message: ThreadMessage<T>) => {
      if ('made' in message) end = message;
      else if ('parts' in message) onParts(message.parts);
      else if ('failed' in message)
        failure = new CleanroomError(message.failed, 'the thread that summarizes said so');
      else void give(message).then((given) => worker.postMessage(given, memoryOf(given)));
    });
    /* Its message might quote text. */
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (broken !== null) reject(broken.cause);
      else if (end === null) reject(failure);
      else resolve(end.made);
    });
  });
}

function memoryOf({ batch }: BatchGiven): ArrayBuffer[] {
  return batch === null || batch === 'broken' ? [] : [batch.memory.buffer];
}

const NO_DOCUMENTS: BytePasses = async function* () {
  /* none */
};
