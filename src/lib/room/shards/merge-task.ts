// What the room that finds all parts has its thread do: one result of them, measured against the texts, which pass by and are not kept.
// It is what one room gives that does all of the work.

import { utf8 } from '../../base/bytes/arrays.js';
import { sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import { textLimitsOf } from '../../contract/limits/limits-of.js';
import type { Contract } from '../../contract/schema.js';
import { CopyMeasure } from '../../summarizer/copy-measure.js';
import {
  appraiseMeasured,
  fewestDistinct,
  type MeasuredSource,
  withinLimits,
} from '../../summarizer/disclosure.js';
import { MAX_CHARACTERS } from '../../summarizer/size-limits.js';
import type {
  Documents,
  DocumentSummary,
  SourceDocument as NamedText,
  Summarizer,
  SummaryMethod,
} from '../../summarizer/summarizer.js';
import { type DocumentPasses, outOfBatches } from '../document-batches.js';
import { requestOf, textsOf } from '../summarize-and-appraise.js';
import { type AppraisedSummary, type ModelFiles, openSummarizer } from '../summary-task.js';
import type { ThreadTools } from '../thread-tools.js';
import type { MadePart, SummaryPart } from './part.js';

/** What was made of each document of a run, in order; the thread asks for the documents themselves. */
export interface MergeTask {
  readonly contract: Contract;
  readonly model: ModelFiles;
  readonly each: readonly MadePart[];
  /** The datasets of texts in the contract's order, and how many documents each has. */
  readonly datasets: readonly { readonly id: string; readonly documents: number }[];
}

/**
 * Merges and measures. However it ends, the texts are read as often and to their end: that shows outside.
 *
 * @throws CleanroomError with the code of the first document that has no summary, DATASET_REFUSED where a summary is of another text,
 *   and as runSummaryTask
 */
export async function runMergeTask(task: MergeTask, tools: ThreadTools): Promise<AppraisedSummary> {
  const { contract, model } = task;
  const summarizer = await openSummarizer(model);
  try {
    const merged = await mergeParts(summarizer, task, tools);
    const texts = 'failure' in merged ? [] : merged.texts;
    const measures = await measureAll(task, tools.documents, texts);
    if ('failure' in merged) throw merged.failure;
    return appraise(contract, merged, measures);
  } finally {
    await summarizer.close();
  }
}

interface Merged {
  readonly texts: readonly string[];
  readonly method: SummaryMethod;
  readonly sources: readonly MeasuredSource[];
}

async function mergeParts(
  summarizer: Summarizer,
  task: MergeTask,
  { documents, signal }: ThreadTools,
): Promise<Merged | { readonly failure: unknown }> {
  const { model, summary } = task.contract;
  const texts = named(documents);
  const merged = await mergeOr(summarizer, task, { texts, signal });
  if (model.method === 'model-or-extractive' && !summary.attribution) await toTheEnd(texts);
  return merged;
}

async function mergeOr(
  summarizer: Summarizer,
  task: MergeTask,
  { texts, signal }: { readonly texts: Documents; readonly signal: AbortSignal },
): Promise<Merged | { readonly failure: unknown }> {
  try {
    const { contract } = task;
    const { method } = summarizer;
    const parts = task.each.map(requireSummary);
    const sources = sourcesOf(task, parts);
    if (fewestDistinct(sources) < textLimitsOf(contract, method).minDocuments)
      return { texts: [''], method, sources };
    const { lengths, options } = requestOf(contract, method, parts.length);
    const made = await summarizer.merge(texts, parts.map(summaryOf), { ...options, signal });
    const written = sources.reduce((sum, { characters }) => sum + characters, 0);
    const limits = textLimitsOf(contract, made.method);
    return { texts: textsOf(limits, lengths, made, written), method: made.method, sources };
  } catch (failure) {
    signal.throwIfAborted();
    return { failure };
  }
}

/* What each owner's documents and the texts have in common. A part was made of the segments that its room read; here each text is of
   the payload that its owner signed as a whole. */
async function measureAll(
  { contract, each, datasets }: MergeTask,
  documents: DocumentPasses,
  texts: readonly string[],
): Promise<ReadonlyMap<string, CopyMeasure>> {
  const owners = ownersOf(contract);
  const measures = new Map([...owners.values()].map((owner) => [owner, new CopyMeasure(texts)]));
  const ids = idsOf(datasets);
  let same = true;
  let place = 0;
  let characters = 0;
  for await (const { dataset, text } of outOfBatches(documents())) {
    const part = each[place];
    if (part === undefined || ids[place] !== dataset) same = false;
    else if (!('failed' in part)) same &&= sha256Hex(utf8(text)) === part.of;
    measures.get(owners.get(dataset) ?? '')?.read(text);
    characters += text.length;
    place++;
  }
  if (!same || place !== each.length)
    throw new CleanroomError('DATASET_REFUSED', 'a part was made of another text than the payload holds');
  if (characters > MAX_CHARACTERS)
    throw new CleanroomError('TEXT_TOO_LARGE', `the texts have more than ${MAX_CHARACTERS} characters`);
  return measures;
}

function appraise(
  contract: Contract,
  { sources, texts, method }: Merged,
  measures: ReadonlyMap<string, CopyMeasure>,
): AppraisedSummary {
  const limits = textLimitsOf(contract, method);
  const [first, ...others] = measures.values();
  if (first === undefined) throw new CleanroomError('INTERNAL', 'a contract without an owner');
  const checks = appraiseMeasured(limits, { sources, copies: first.measured(others) }, texts);
  const within = withinLimits(checks);
  const owners = ownersOf(contract);
  const ofOwners = [...measures].map(([owner, measure]) => {
    const own = sources.filter(({ dataset }) => owners.get(dataset) === owner);
    const copies = measure.measured();
    return [
      owner,
      own.length === 0 ? [] : appraiseMeasured(limits, { sources: own, copies }, texts),
    ] as const;
  });
  const [summary = '', ...documents] = texts;
  return {
    summary,
    documents,
    method,
    checks,
    within,
    ofOwners: within ? {} : Object.fromEntries(ofOwners),
  };
}

function ownersOf(contract: Contract): ReadonlyMap<string, string> {
  return new Map(contract.datasets.map(({ id, owner }) => [id, owner]));
}

function requireSummary(part: MadePart): SummaryPart {
  if ('failed' in part) throw new CleanroomError(part.failed, 'a document has no summary');
  return part;
}

function summaryOf({ summary, tokens, method, modelFailure }: SummaryPart, place: number): DocumentSummary {
  return { name: String(place), summary, tokens, method, modelFailure };
}

function sourcesOf({ datasets }: MergeTask, parts: readonly SummaryPart[]): readonly MeasuredSource[] {
  const ids = idsOf(datasets);
  return parts.map(({ characters, words }, place) => ({ dataset: ids[place] ?? '', characters, words }));
}

/* Which document is of which dataset: their places say it. */
function idsOf(datasets: MergeTask['datasets']): readonly string[] {
  return datasets.flatMap(({ id, documents }) => Array.from({ length: documents }, () => id));
}

/* Read once, and by whoever comes first. */
function named(documents: DocumentPasses): AsyncGenerator<NamedText, void, undefined> {
  return (async function* () {
    for await (const { title, text } of outOfBatches(documents())) yield { name: title, text };
  })();
}

async function toTheEnd(texts: AsyncGenerator<unknown, void, undefined>): Promise<void> {
  while ((await texts.next()).done !== true);
}
