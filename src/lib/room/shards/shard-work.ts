// The work of one room of several: its own documents, then, where the parts of all are there, the merge. Rooms never speak to each
// other, and the order in which they run changes nothing: each part is of its document and of nothing else.

import type { ErrorCode } from '../../base/errors.js';
import type { Cause } from '../cause.js';
import type { UnlockedDataset } from '../dataset.js';
import { openDatasetRanges } from '../dataset-ranges.js';
import { type BytePasses, inBatches } from '../document-batches.js';
import { codeOf, type Made, madeOf, orCause, type RunGround, type WorkContext } from '../made.js';
import { locateModel } from '../model.js';
import { patiently } from '../patiently.js';
import { retrying } from '../retry.js';
import { maxBytesEach } from '../summarize-and-appraise.js';
import { type ApartOptions, summarizeApart } from '../summary-thread.js';
import { streamTexts } from '../text-stream.js';
import type { MergeTask } from './merge-task.js';
import type { MadePart } from './part.js';
import type { PartSet } from './part-set.js';
import { addOtherParts, partsBase, type PartStore, readParts, storeParts } from './part-store.js';
import { isOwn, type Shard } from './shard.js';
import {
  inReads,
  placeShardOf,
  readPlaces,
  type ShardDocument,
  type ShardOfDataset,
} from './shard-documents.js';

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
  const found = await orCause(context, () => findShard(context, run));
  if ('cause' in found) return found;
  const { index, count } = run.shard;
  const store: PartStore = {
    client: context.client,
    base: partsBase(context.parsed.contract, run.inputs, context.config.resultSas),
    key: run.partsKey,
    maxTextBytes: maxBytesEach(context.parsed.contract),
    total: found.reduce((sum, dataset) => sum + dataset.count, 0),
    count,
  };
  const own = await ownParts(context, run, store, found);
  if ('cause' in own) return own;
  /* The next shard's first: of a room that is not done, one look finds it out. */
  const complete = await patiently(context, 'parts', () => addOtherParts(store, index, own));
  if (!complete || (await run.isGiven())) return null;
  const datasets = found.map(({ item, count: documents }) => ({ id: item.dataset.id, documents }));
  return orCause(context, () => merge(context, run, { parts: own, datasets }));
}

/* A dataset of texts, and the places in it that are the shard's. */
interface FoundDataset extends ShardOfDataset {
  readonly item: UnlockedDataset;
}

async function findShard(
  context: WorkContext,
  { unlocked, shard }: ShardRun,
): Promise<readonly FoundDataset[]> {
  let total = 0;
  const found: FoundDataset[] = [];
  for (const item of unlocked.filter(({ dataset }) => dataset.kind === 'text')) {
    const attempt = async (): Promise<ShardOfDataset> => {
      const blob = await openDatasetRanges(context, item);
      try {
        return await placeShardOf(blob, total, (place) => isOwn(shard, place));
      } finally {
        blob.close();
      }
    };
    const own = await retrying(attempt, { ...context, onWait: () => undefined });
    total += own.count;
    found.push({ item, ...own });
  }
  return found;
}

/* Those that an earlier start of this shard has stored stay as they are; all others are made, then stored together. */
async function ownParts(
  context: WorkContext,
  run: ShardRun,
  store: PartStore,
  found: readonly FoundDataset[],
): Promise<PartSet | { readonly cause: Cause }> {
  const { index } = run.shard;
  const there = await patiently(context, 'parts', () => readParts(store, index));
  const missing = found.map((dataset) => ({
    ...dataset,
    own: dataset.own.filter(({ place }) => !there.has(place)),
  }));
  if (missing.every(({ own }) => own.length === 0)) return there;
  const failed = await orCause(context, async () => makeParts(context, run, missing, there));
  if (failed !== null) return failed;
  await patiently(context, 'parts', () => storeParts(store, index, there));
  return there;
}

/* Adds those that are missing. What stops the model stops every document of the shard: that is said in each part, and nowhere else. */
async function makeParts(
  context: WorkContext,
  { unlocked }: ShardRun,
  missing: readonly FoundDataset[],
  parts: PartSet,
): Promise<null> {
  const places: number[] = [];
  const broken: unknown[] = [];
  async function* documents(): AsyncGenerator<readonly ShardDocument[]> {
    try {
      for await (const batch of streamShard(context, missing)) {
        for (const { place } of batch) places.push(place);
        yield batch;
      }
    } catch (failure) {
      broken.push(failure);
      throw failure;
    }
  }
  let next = 0;
  const onParts = (made: readonly MadePart[]): void => {
    for (const part of made) parts.set(places[next++] ?? -1, part);
  };
  let failed: ErrorCode = 'INTERNAL';
  try {
    await withModel(context, unlocked, (model) =>
      summarizeApart(
        { contract: context.parsed.contract, model, total: parts.total },
        { ...apart(context), documents, onParts },
      ),
    );
  } catch (error) {
    if (context.signal.aborted || broken.length > 0) throw error;
    failed = codeOf(error);
  }
  for (const { place } of missing.flatMap(({ own }) => own))
    if (!parts.has(place)) parts.set(place, { failed });
  return null;
}

/* The documents of the shard in their order, some at a time. */
async function* streamShard(
  context: WorkContext,
  found: readonly FoundDataset[],
): AsyncGenerator<readonly ShardDocument[], void, undefined> {
  for (const { item, own } of found.filter((dataset) => dataset.own.length > 0)) {
    const blob = await retrying(() => openDatasetRanges(context, item), {
      ...context,
      onWait: () => undefined,
    });
    try {
      for (const places of inReads(own)) {
        const attempt = (): Promise<readonly ShardDocument[]> => readPlaces(item.dataset.id, blob, places);
        yield await retrying(attempt, { ...context, onWait: () => undefined });
      }
    } finally {
      blob.close();
    }
  }
}

async function merge(
  context: WorkContext,
  { unlocked, ...run }: ShardRun,
  { parts, datasets }: { readonly parts: PartSet; readonly datasets: MergeTask['datasets'] },
): Promise<Made> {
  return withModel(context, unlocked, async (model) => {
    const { packed, memory } = parts.pack();
    const task = { contract: context.parsed.contract, model, datasets, parts: packed };
    const documents: BytePasses = () => inBatches(streamTexts(context, unlocked));
    return madeOf(context, run, await summarizeApart(task, { ...apart(context), documents, memory }));
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

function apart({ signal, summaryWorker }: WorkContext): ApartOptions {
  return { signal, entry: summaryWorker };
}
