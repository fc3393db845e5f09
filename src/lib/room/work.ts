// The work of a room, from keys to stored result: all or nothing, in this order. From the moment a text is opened until its
// place in the budget is closed nothing is said of it outside.

import type { SignedReceipt } from './sign-receipt.js';
import { sha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { CleanroomError } from '../base/errors.js';
import { budgetPlaces } from '../contract/room-plan.js';
import { releasedKeyBytes } from './key-release/released-key.js';
import type { ResultDocument } from '../summarizer/result-document.js';
import { sealResult } from '../summarizer/sealed-result.js';
import { type BudgetAccess, type ClaimedPlace, claimPlace, closePlace, readPlace } from './budget/places.js';
import { type Cause, sealCauses } from './cause.js';
import { unlockDataset, type UnlockedDataset } from './dataset.js';
import { readDocuments } from './documents.js';
import {
  type Made,
  madeOf,
  type MadeResult,
  orCause,
  readTexts,
  type RunGround,
  type WorkContext,
} from './made.js';
import { locateModel } from './model.js';
import { requireModelMemory } from './model-memory.js';
import { withReceiptPieces } from './room-evidence.js';
import { resultBlobs, storeCauses, storeResult } from './result-store.js';
import { patiently } from './patiently.js';
import { deriveRunKeys } from './run-keys.js';
import { isGiven } from './shards/given.js';
import { makeWithOthers } from './shards/shard-work.js';
import { summarizeApart } from './summary-thread.js';

/** A result that was let out. */
export interface ReleasedWork {
  readonly outcome: 'released';
  readonly receipt: SignedReceipt;
  readonly sealed: string;
  readonly document: ResultDocument;
}

/** A run that was counted and gave nothing; why is sealed to the owners and said nowhere else. */
export interface EmptyWork {
  readonly outcome: 'empty';
  readonly receipt: SignedReceipt;
}

/** A shard whose parts are stored, and whose run another room ends or has ended. */
export interface SharedWork {
  readonly outcome: 'shared';
}

export type FinishedWork = ReleasedWork | EmptyWork | SharedWork;

/**
 * Does the work of the room once.
 *
 * @throws CleanroomError for what stands in the way before any text is opened, or after its place is closed; what happens in
 *   between has one outcome, `empty`.
 */
export async function doWork(context: WorkContext): Promise<FinishedWork> {
  const { board, draft } = context;
  board.enter('keys');
  const unlocked = await unlockAll(context);
  const inputs = draft.setInputs(
    unlocked.map(({ input }) => input),
    unlocked.map(({ sealed }) => sealed),
  );
  await requireModelMemory(context, unlocked);
  /* The contract's, whether it comes to be loaded or not: a receipt says nothing of what happened after a text was opened. */
  draft.setModel({ digest: agreedDigest(context) });
  const { budgetKey, partsKey, salt } = deriveRunKeys(
    { contract: context.parsed.digest, inputs },
    unlocked.map(({ key }) => releasedKeyBytes(key)),
  );
  const budget = budgetAccess(context, inputs, budgetKey);
  const run = { inputs, salt };
  board.enter('budget');
  const claimed = await patiently(context, 'budget', () => claimPlace(budget));
  if (claimed.closed !== null && (await wasGiven(context, budget, claimed.place, claimed.closed.output)))
    return SHARED;
  board.enter('working');
  const made = await makeAny(context, unlocked, { ...run, partsKey, budget });
  if (made === null) return SHARED;
  const place = await settle(context, budget, { claimed, made });
  draft.setBudget(await patiently(context, 'budget', () => readPlace(budget, place.place)));
  board.enter('results');
  if (await wasGiven(context, budget, place.place, place.output)) return SHARED;
  if (place.output === null || !('document' in made)) return giveNothing(context, place.place, made);
  const counted = { used: place.place };
  return giveOut(context, made, (output) => context.draft.signReleased(output, counted));
}

const SHARED: SharedWork = { outcome: 'shared' };

function agreedDigest({ parsed: { contract } }: WorkContext): string | null {
  return 'digest' in contract.model ? contract.model.digest : null;
}

function budgetAccess(
  { client, config, parsed }: WorkContext,
  inputs: Sha256Hex,
  key: Uint8Array,
): BudgetAccess {
  const { contract, digest } = parsed;
  return {
    client,
    accounts: budgetPlaces(contract).map(({ dataset, url }) => ({ url, sas: config.budgetSas(dataset) })),
    key,
    contract: digest,
    inputs,
    maxResults: contract.summary.limits.maxResults,
  };
}

/* Null where the result of the run is another shard's to give. */
function makeAny(
  context: WorkContext,
  unlocked: readonly UnlockedDataset[],
  { budget, partsKey, ...run }: RunGround & { readonly budget: BudgetAccess; readonly partsKey: Uint8Array },
): Promise<Made | null> {
  const { shard } = context.config;
  if (shard === null) return make(context, unlocked, run);
  const isOver = async (): Promise<boolean> => {
    const { place, closed } = await patiently(context, 'budget', () => claimPlace(budget));
    return closed !== null && (await wasGiven(context, budget, place, closed.output));
  };
  return makeWithOthers(context, { ...run, shard, unlocked, partsKey, isGiven: isOver });
}

/* A room that does all of the work gives its result again; of several, one gives it. */
async function wasGiven(
  context: WorkContext,
  { inputs }: BudgetAccess,
  place: number,
  output: Sha256Hex | null,
): Promise<boolean> {
  const { client, config, parsed } = context;
  if (config.shard === null) return false;
  const blobs = resultBlobs(parsed.contract, config.resultSas);
  return patiently(context, 'results', () => isGiven(client, blobs, { inputs, place, output }));
}

function make(context: WorkContext, unlocked: readonly UnlockedDataset[], run: RunGround): Promise<Made> {
  return orCause(context, async () => {
    const documents = (await readTexts(context, unlocked, readDocuments)).flat();
    const model = await locateModel(context, unlocked);
    try {
      const { signal, summaryWorker: entry } = context;
      const task = { contract: context.parsed.contract, model: model.files, documents };
      return madeOf(context, run, await summarizeApart(task, { signal, entry }));
    } finally {
      await model.release();
    }
  });
}

interface Settling {
  readonly claimed: ClaimedPlace;
  readonly made: Made;
}

/* Closes the place; one that another room closed gives that output or nothing, and another output takes the next place. */
async function settle(
  context: WorkContext,
  budget: BudgetAccess,
  { claimed, made }: Settling,
): Promise<{ readonly place: number; readonly output: Sha256Hex | null }> {
  const output = 'digest' in made ? made.digest : null;
  let { place, closed } = claimed;
  for (;;) {
    const at = place;
    closed ??= await patiently(context, 'budget', () => closePlace(budget, at, output));
    if (closed !== null && (closed.output === null || output === null)) return { place, output: null };
    if (output === null) return { place, output };
    if (closed?.output === output) {
      await patiently(context, 'budget', () => closePlace(budget, at, output));
      return { place, output };
    }
    try {
      const next = await patiently(context, 'budget', () => claimPlace(budget, at));
      place = next.place;
      closed = next.closed;
    } catch (error) {
      if (error instanceof CleanroomError && error.code === 'BUDGET_SPENT') return { place, output: null };
      throw error;
    }
  }
}

async function giveNothing(context: WorkContext, place: number, made: Made): Promise<EmptyWork> {
  const { client, config, draft, parsed, startEvidence } = context;
  const cause: Cause = 'cause' in made ? made.cause : { code: 'BUDGET_SPENT', checksFor: () => [] };
  const causes = await sealCauses(parsed, place, cause);
  const receipt = draft.signEmpty({ used: place }, sha256Hex(causes));
  const stored = { causes, receipt: receipt.jws, report: withReceiptPieces(startEvidence, draft.pieces) };
  await patiently(context, 'results', () =>
    storeCauses(client, resultBlobs(parsed.contract, config.resultSas), stored),
  );
  return { outcome: 'empty', receipt };
}

async function giveOut(
  context: WorkContext,
  { document, plaintext, digest }: MadeResult,
  sign: (output: { readonly digest: Sha256Hex; readonly sealed: Sha256Hex }) => SignedReceipt,
): Promise<ReleasedWork> {
  const { client, config, draft, parsed, startEvidence } = context;
  const sealed = await sealResult(plaintext, recipientKeys(context));
  const receipt = sign({ digest, sealed: sha256Hex(sealed) });
  const stored = { sealed, receipt: receipt.jws, report: withReceiptPieces(startEvidence, draft.pieces) };
  await patiently(context, 'results', () =>
    storeResult(client, resultBlobs(parsed.contract, config.resultSas), stored),
  );
  return { outcome: 'released', receipt, sealed, document };
}

/* Every owner's key on its own, all at the same time; one that is refused for good stops the others. Progress: keys that are here. */
async function unlockAll(context: WorkContext): Promise<readonly UnlockedDataset[]> {
  const { parsed, signal, board } = context;
  const abortion = new AbortController();
  const both = AbortSignal.any([signal, abortion.signal]);
  const wanted = parsed.contract.datasets.filter((dataset) => isUsed(context, dataset.id));
  let here = 0;
  const pending = wanted.map(async (dataset) => {
    const unlock = (): Promise<UnlockedDataset> => unlockDataset(context, dataset);
    const unlocked = await patiently({ ...context, signal: both }, dataset.id, unlock);
    board.advance(++here / wanted.length);
    return unlocked;
  });
  try {
    return await Promise.all(pending);
  } catch (error) {
    abortion.abort(error);
    await Promise.allSettled(pending);
    throw error;
  }
}

/* All texts, and of the models only the one that the contract names. */
function isUsed({ parsed }: WorkContext, datasetId: string): boolean {
  const { datasets, model } = parsed.contract;
  const dataset = datasets.find(({ id }) => id === datasetId);
  return dataset?.kind === 'text' || ('dataset' in model && model.dataset === datasetId);
}

function recipientKeys({ parsed }: WorkContext): Parameters<typeof sealResult>[1] {
  const { parties, summary } = parsed.contract;
  return summary.recipients.map((id) => {
    const key = parties.find((party) => party.id === id)?.resultKey;
    if (key === undefined) throw new CleanroomError('CONTRACT_INVALID', `${id} has no resultKey`);
    return key;
  });
}
