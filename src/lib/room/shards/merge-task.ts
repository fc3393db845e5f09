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
import { type PackedParts, PartSet } from './part-set.js';

/** What was made of each document of a run; the thread asks for the documents themselves. */
export interface MergeTask {
  readonly contract: Contract;
  readonly model: ModelFiles;
  readonly parts: PackedParts;
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
  const run = { ...task, parts: new PartSet(task.parts) };
  const summarizer = await openSummarizer(model);
  try {
    const merged = await mergeParts(summarizer, run, tools);
    const texts = 'failure' in merged ? [] : merged.texts;
    const measures = await measureAll(run, tools.documents, texts);
    if ('failure' in merged) throw merged.failure;
    return appraise(contract, merged, measures);
  } finally {
    await summarizer.close();
  }
}

/* A task whose parts are read one by one, whenever they are needed. */
interface MergeRun extends Pick<MergeTask, 'contract' | 'datasets'> {
  readonly parts: PartSet;
}

interface Merged {
  readonly texts: readonly string[];
  readonly method: SummaryMethod;
  readonly sources: readonly MeasuredSource[];
}

async function mergeParts(
  summarizer: Summarizer,
  run: MergeRun,
  { documents, signal }: ThreadTools,
): Promise<Merged | { readonly failure: unknown }> {
  const { model, summary } = run.contract;
  const texts = named(documents);
  const merged = await mergeOr(summarizer, run, { texts, signal });
  if (model.method === 'model-or-extractive' && !summary.attribution) await toTheEnd(texts);
  return merged;
}

async function mergeOr(
  summarizer: Summarizer,
  run: MergeRun,
  { texts, signal }: { readonly texts: Documents; readonly signal: AbortSignal },
): Promise<Merged | { readonly failure: unknown }> {
  try {
    const { contract, parts } = run;
    const { method } = summarizer;
    const { sources, summaries } = requireSummaries(run);
    if (fewestDistinct(sources) < textLimitsOf(contract, method).minDocuments)
      return { texts: [''], method, sources };
    const { lengths, options } = requestOf(contract, method, parts.total);
    const made = await summarizer.merge(texts, summaries, { ...options, signal });
    const limits = textLimitsOf(contract, made.method);
    const written = sources.reduce((sum, { characters }) => sum + characters, 0);
    return { texts: textsOf(limits, lengths, made, written), method: made.method, sources };
  } catch (failure) {
    signal.throwIfAborted();
    return { failure };
  }
}

/* What each owner's documents and the texts have in common. A part was made of the segments that its room read; here each text is of
   the payload that its owner signed as a whole. */
async function measureAll(
  { contract, parts, datasets }: MergeRun,
  documents: DocumentPasses,
  texts: readonly string[],
): Promise<ReadonlyMap<string, CopyMeasure>> {
  const owners = ownersOf(contract);
  const measures = new Map([...owners.values()].map((owner) => [owner, new CopyMeasure(texts)]));
  const idOf = datasetAt(datasets);
  let same = true;
  let place = 0;
  let characters = 0;
  for await (const { dataset, text } of outOfBatches(documents())) {
    const part = parts.get(place);
    if (part === null || idOf(place) !== dataset) same = false;
    else if (!('failed' in part)) same &&= sha256Hex(utf8(text)) === part.of;
    measures.get(owners.get(dataset) ?? '')?.read(text);
    characters += text.length;
    place++;
  }
  if (!same || place !== parts.total)
    throw new CleanroomError('DATASET_REFUSED', 'a part was made from another text than the payload');
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

/* What is merged, and what was measured, of all documents. @throws CleanroomError with the code of the first that has no summary */
function requireSummaries({ parts, datasets }: MergeRun): {
  readonly summaries: readonly DocumentSummary[];
  readonly sources: readonly MeasuredSource[];
} {
  const idOf = datasetAt(datasets);
  const summaries: DocumentSummary[] = [];
  const sources: MeasuredSource[] = [];
  for (let place = 0; place < parts.total; place++) {
    const part = parts.get(place) ?? { failed: 'INTERNAL' as const };
    if ('failed' in part) throw new CleanroomError(part.failed, 'a document has no summary');
    const { characters, words, summary, tokens, method, modelFailure } = part;
    summaries.push({ name: String(place), summary, tokens, method, modelFailure });
    sources.push({ dataset: idOf(place) ?? '', characters, words });
  }
  return { summaries, sources };
}

/* Which dataset the document in a place is of. */
function datasetAt(datasets: MergeTask['datasets']): (place: number) => string | undefined {
  let end = 0;
  const ends = datasets.map(({ id, documents }) => ({ id, end: (end += documents) }));
  return (place) => ends.find((dataset) => place < dataset.end)?.id;
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
