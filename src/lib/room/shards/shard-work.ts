// The work of one room of several: its own documents, then, where the parts of all are there, the merge. Rooms never speak to each
// other, and the order in which they run changes nothing: each part is of its document and of nothing else.

import type { OpenedRanges } from '../../sealed-blob/engine/open-ranges.js';
import type { UnlockedDataset } from '../dataset.js';
import { readDatasetRanges } from '../dataset-ranges.js';
import { readDocuments } from '../documents.js';
import { codeOf, type Made, madeOf, orCause, readTexts, type RunGround, type WorkContext } from '../made.js';
import { locateModel } from '../model.js';
import { patiently } from '../patiently.js';
import { retrying } from '../retry.js';
import { summarizeApart } from '../summary-thread.js';
import { maxBytesEach } from '../summarize-and-appraise.js';
import type { MadePart } from './part.js';
import { partsBase, type PartStore, readAllParts, readParts, storeParts } from './part-store.js';
import { isOwn, type Shard } from './shard.js';
import { readShardOf, type ShardDocument, type ShardOfDataset } from './shard-documents.js';

export interface ShardRun extends RunGround {
  readonly shard: Shard;
  readonly unlocked: readonly UnlockedDataset[];
  /** Key of the run's parts. */
  readonly partsKey: Uint8Array;
  /** Whether another room has given what came of this run. */
  readonly isGiven: () => Promise<boolean>;
}

/**
 * Makes and stores the parts of the shard; then the result, if all parts are there.
 *
 * @returns null where it is for another room to give the result, or another has given it.
 * @throws CleanroomError where storage cannot be reached; whatever is wrong with a document is in its part.
 */
export async function makeWithOthers(context: WorkContext, run: ShardRun): Promise<Made | null> {
  const found = await orCause(context, () => readShard(context, run));
  if ('cause' in found) return found;
  const { index, count } = run.shard;
  const store: PartStore = {
    client: context.client,
    base: partsBase(context.parsed.contract, run.inputs, context.config.resultSas),
    key: run.partsKey,
    maxTextBytes: maxBytesEach(context.parsed.contract),
    total: found.total,
    count,
  };
  await addMissingParts(context, run, store, found);
  /* The next shard's first: of a room that is not done, one look finds it out. */
  const parts = await patiently(context, 'parts', () => readAllParts(store, (index + 1) % count));
  if (parts === null || (await run.isGiven())) return null;
  return orCause(context, () => merge(context, run, parts));
}

interface FoundShard {
  readonly total: number;
  readonly own: readonly ShardDocument[];
}

async function readShard(context: WorkContext, { unlocked, shard }: ShardRun): Promise<FoundShard> {
  let total = 0;
  const own: ShardDocument[] = [];
  for (const item of unlocked.filter(({ dataset }) => dataset.kind === 'text')) {
    const read = (blob: OpenedRanges): Promise<ShardOfDataset> =>
      readShardOf(item.dataset.id, blob, total, (place) => isOwn(shard, place));
    const attempt = (): Promise<ShardOfDataset> => readDatasetRanges(context, item, read);
    const found = await retrying(attempt, { ...context, onWait: () => undefined });
    total += found.count;
    own.push(...found.own);
  }
  return { total, own };
}

/* Those that an earlier start of this shard has stored stay as they are; all others are made, then stored together. */
async function addMissingParts(
  context: WorkContext,
  run: ShardRun,
  store: PartStore,
  { own, total }: FoundShard,
): Promise<void> {
  const { index } = run.shard;
  const there = await patiently(context, 'parts', () => readParts(store, index));
  const missing = own.filter(({ place }) => !there.has(place));
  if (missing.length === 0) return;
  const made = await makeParts(context, run, missing, total);
  const parts = new Map([...there, ...made]);
  await patiently(context, 'parts', () => storeParts(store, index, parts));
}

async function makeParts(
  context: WorkContext,
  { unlocked }: ShardRun,
  missing: readonly ShardDocument[],
  total: number,
): Promise<ReadonlyMap<number, MadePart>> {
  const documents = missing.flatMap(({ content }) => ('failed' in content ? [] : [content]));
  const summarized = await eachOr(context, unlocked, { documents, total });
  const parts = new Map<number, MadePart>();
  let next = 0;
  for (const { place, content } of missing)
    parts.set(place, 'failed' in content ? content : (summarized[next++] ?? { failed: 'INTERNAL' }));
  return parts;
}

/* What stops the model stops every document of the shard: that is said in each part, and nowhere else. */
async function eachOr(
  context: WorkContext,
  unlocked: readonly UnlockedDataset[],
  task: Pick<Parameters<typeof summarizeApart>[0], 'documents'> & { readonly total: number },
): Promise<readonly MadePart[]> {
  if (task.documents.length === 0) return [];
  try {
    return await withModel(context, unlocked, (model) =>
      summarizeApart({ contract: context.parsed.contract, model, ...task }, apart(context)),
    );
  } catch (error) {
    if (context.signal.aborted) throw error;
    return task.documents.map(() => ({ failed: codeOf(error) }));
  }
}

async function merge(
  context: WorkContext,
  { unlocked, ...run }: ShardRun,
  parts: ReadonlyMap<number, MadePart>,
): Promise<Made> {
  const documents = (await readTexts(context, unlocked, readDocuments)).flat();
  const each = documents.map((_, place): MadePart => parts.get(place) ?? { failed: 'INTERNAL' });
  return withModel(context, unlocked, async (model) => {
    const task = { contract: context.parsed.contract, model, documents, each };
    return madeOf(context, run, await summarizeApart(task, apart(context)));
  });
}

async function withModel<T>(
  context: WorkContext,
  unlocked: readonly UnlockedDataset[],
  use: (files: Awaited<ReturnType<typeof locateModel>>['files']) => Promise<T>,
): Promise<T> {
  const model = await locateModel(context, unlocked);
  try {
    return await use(model.files);
  } finally {
    await model.release();
  }
}

function apart({ signal, summaryWorker }: WorkContext): Parameters<typeof summarizeApart>[1] {
  return { signal, entry: summaryWorker };
}
