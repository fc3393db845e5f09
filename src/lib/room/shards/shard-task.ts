// What a room of several has its thread do with the documents of its shard: each by itself, a batch at a time.

import { utf8 } from '../../base/bytes/arrays.js';
import { sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import type { Contract } from '../../contract/schema.js';
import { measureSource } from '../../summarizer/disclosure.js';
import type { SummarizeOptions, Summarizer } from '../../summarizer/summarizer.js';
import type { ThreadDocument } from '../document-batches.js';
import { requestOf } from '../summarize-and-appraise.js';
import { type ModelFiles, openSummarizer } from '../summary-task.js';
import type { ThreadTools } from '../thread-tools.js';
import type { MadePart } from './part.js';

/** The documents of a shard, which the thread asks for. */
export interface EachTask {
  readonly contract: Contract;
  readonly model: ModelFiles;
  /** How many documents the whole run has. */
  readonly total: number;
}

/**
 * Tells what comes of each document, in their order: a failure of one is its own.
 *
 * @throws CleanroomError as createSummarizer, MODEL_INVALID for another family; the signal's reason
 */
export async function runEachTask(
  { contract, model, total }: EachTask,
  { signal, documents, tell }: ThreadTools,
): Promise<null> {
  const summarizer = await openSummarizer(model);
  try {
    const { options } = requestOf(contract, summarizer.method, total);
    for await (const batch of documents()) {
      const made: MadePart[] = [];
      for (const document of batch)
        made.push(await summarizeOne(summarizer, document, { ...options, signal }));
      tell(made);
    }
    return null;
  } finally {
    await summarizer.close();
  }
}

async function summarizeOne(
  summarizer: Summarizer,
  { title, text, failed }: ThreadDocument,
  options: SummarizeOptions,
): Promise<MadePart> {
  if (failed !== undefined) return { failed };
  try {
    const { summary, tokens, method, modelFailure } = await summarizer.summarizeOne(
      { name: title, text },
      options,
    );
    return { of: sha256Hex(utf8(text)), ...measureSource(text), summary, tokens, method, modelFailure };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { failed: error instanceof CleanroomError ? error.code : 'INTERNAL' };
  }
}
