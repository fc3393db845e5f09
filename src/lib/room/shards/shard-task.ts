// What a room of several has its thread do: the documents of its shard one by one, and the merge of all. Together they give what one
// room gives that does all of the work.

import { utf8 } from '../../base/bytes/arrays.js';
import { sha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import type { DocumentSummary, SummarizeOptions, Summarizer } from '../../summarizer/summarizer.js';
import type { SourceDocument } from '../documents.js';
import { appraiseSummary, named, requestOf } from '../summarize-and-appraise.js';
import {
  type AppraisedSummary,
  appraised,
  openSummarizer,
  outsideLimits,
  tooFewDocuments,
  type SummaryTask,
} from '../summary-task.js';
import type { MadePart } from './part.js';

/** The documents of a shard, each by itself. */
export interface EachTask extends SummaryTask {
  /** How many documents the whole run has. */
  readonly total: number;
}

/** All documents, with what was made of each. */
export interface MergeTask extends SummaryTask {
  readonly each: readonly MadePart[];
}

/**
 * What comes of each document, in their order: a failure of one is its own.
 *
 * @throws CleanroomError as createSummarizer, MODEL_INVALID for another family; the signal's reason
 */
export async function runEachTask(
  { contract, model, documents, total }: EachTask,
  signal: AbortSignal,
): Promise<readonly MadePart[]> {
  const summarizer = await openSummarizer(model);
  try {
    const { options } = requestOf(contract, summarizer.method, total);
    const made: MadePart[] = [];
    for (const document of documents)
      made.push(await summarizeOne(summarizer, document, { ...options, signal }));
    return made;
  } finally {
    await summarizer.close();
  }
}

/**
 * Merges and measures.
 *
 * @throws CleanroomError with the code of the first document that has no summary, DATASET_REFUSED where a summary is of another text,
 *   and as runSummaryTask
 */
export async function runMergeTask(
  { contract, model, documents, each }: MergeTask,
  signal: AbortSignal,
): Promise<AppraisedSummary> {
  const summarizer = await openSummarizer(model);
  try {
    const { method } = summarizer;
    if (tooFewDocuments(contract, method, documents)) return outsideLimits(contract, documents, method);
    const { lengths, options } = requestOf(contract, method, documents.length);
    const summaries = each.map((part, place) => summaryOf(part, documents[place]));
    const made = await summarizer.merge(named(documents), summaries, { ...options, signal });
    return appraised(
      contract,
      documents,
      appraiseSummary({ parsed: { contract } }, documents, lengths, made),
    );
  } finally {
    await summarizer.close();
  }
}

/* A part was made of the segments that its room read; here the text is of the payload that its owner signed as a whole. */
function summaryOf(part: MadePart, document: SourceDocument | undefined): DocumentSummary {
  if ('failed' in part) throw new CleanroomError(part.failed, 'a document has no summary');
  const { of, ...made } = part;
  if (document === undefined || digestOf(document.text) !== of)
    throw new CleanroomError('DATASET_REFUSED', 'a part was made of another text than the payload holds');
  return { name: document.title, ...made };
}

function digestOf(text: string): Sha256Hex {
  return sha256Hex(utf8(text));
}

async function summarizeOne(
  summarizer: Summarizer,
  { title, text }: SourceDocument,
  options: SummarizeOptions,
): Promise<MadePart> {
  try {
    const { summary, tokens, method, modelFailure } = await summarizer.summarizeOne(
      { name: title, text },
      options,
    );
    return { of: digestOf(text), summary, tokens, method, modelFailure };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { failed: error instanceof CleanroomError ? error.code : 'INTERNAL' };
  }
}
