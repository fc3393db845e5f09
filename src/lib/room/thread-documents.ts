// How documents come to the thread that summarizes: it asks for a batch, and is given one. Both sides.

import type { MessagePort } from 'node:worker_threads';

import { CleanroomError } from '../base/errors.js';
import {
  type BytePasses,
  type DocumentBytes,
  type DocumentPasses,
  packBatch,
  type PackedBatch,
  unpackBatch,
} from './document-batches.js';

/** What the thread asks for: the first batch of a new pass, or the next one. */
export interface BatchWanted {
  readonly wants: 'first' | 'next';
}

/** The answer, whose memory goes with it: null after the last batch, `broken` where there is no next one and should be. */
export interface BatchGiven {
  readonly batch: PackedBatch | null | 'broken';
}

/** The thread's side: passes over what the other side gives, one at a time. @throws CleanroomError INTERNAL where one breaks off */
export function askForDocuments(port: MessagePort): DocumentPasses {
  const given: ((batch: BatchGiven['batch']) => void)[] = [];
  port.on('message', (message: unknown) => {
    if (typeof message === 'object' && message !== null && 'batch' in message)
      given.shift()?.((message as BatchGiven).batch);
  });
  const ask = (wants: BatchWanted['wants']): Promise<BatchGiven['batch']> =>
    new Promise((resolve) => {
      given.push(resolve);
      port.postMessage({ wants } satisfies BatchWanted);
    });
  return async function* () {
    for (let batch = await ask('first'); batch !== null; batch = await ask('next')) {
      if (batch === 'broken') throw new CleanroomError('INTERNAL', 'the documents broke off');
      yield unpackBatch(batch);
    }
  };
}

/** The other side: answers each question. */
export interface DocumentFeed {
  answer(wanted: BatchWanted): Promise<BatchGiven>;
  /** Lets go of what is being read. */
  close(): Promise<void>;
}

export function createDocumentFeed(passes: BytePasses): DocumentFeed {
  let pass: AsyncIterator<readonly DocumentBytes[]> | null = null;
  return {
    answer: async ({ wants }) => {
      if (wants === 'first' || pass === null) pass = passes()[Symbol.asyncIterator]();
      const next = await pass.next();
      return { batch: next.done === true ? null : packBatch(next.value) };
    },
    close: async () => {
      await pass?.return?.();
    },
  };
}
