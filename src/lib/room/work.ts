// The work of a room, from keys to stored result: all or nothing, in this order (DESIGN §2).

import { hkdfSync } from 'node:crypto';

import type { SignedReceipt } from '../evidence/receipt-signature.js';
import { concatBytes, utf8 } from '../base/bytes/arrays.js';
import { toBase64Url } from '../base/bytes/base64.js';
import { sha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { CleanroomError, type ErrorCode } from '../base/errors.js';
import { releasedKeyBytes } from './key-release/released-key.js';
import { textLimitsOf } from '../contract/limits/limits-of.js';
import { type BudgetKey, deriveBudgetKey } from '../summarizer/budget.js';
import { withinLimits } from '../summarizer/disclosure.js';
import { encodeResult, type ResultDocument } from '../summarizer/result-document.js';
import { sealResult } from '../summarizer/sealed-result.js';
import { consultBudget, spendBudget } from './budget-store.js';
import { type DatasetAccess, readDataset, unlockDataset, type UnlockedDataset } from './dataset.js';
import { readDocuments, refuseTooFewDocuments, type SourceDocument } from './documents.js';
import { openModel } from './model.js';
import type { ReceiptDraft } from './receipt-draft.js';
import { resultBlobs, storeResult } from './result-store.js';
import { patiently, type Patience } from './patiently.js';
import type { RoomIdentity } from './room-identity.js';
import { planLengths, summarizeAndAppraise, type Summarized } from './summarize-and-appraise.js';

export interface WorkContext extends DatasetAccess, Patience {
  readonly draft: ReceiptDraft;
  readonly identity: RoomIdentity;
  /** Evidence of this start, as it is stored beside the receipt. */
  readonly startEvidence: string;
  /** Where the image keeps its models. */
  readonly modelsDirectory: string;
}

/** A result that was let out. */
export interface ReleasedWork {
  readonly outcome: 'released';
  readonly receipt: SignedReceipt;
  readonly sealed: string;
  readonly document: ResultDocument;
}

/** What the limits refused. */
export interface RefusedWork {
  readonly outcome: 'refused';
  readonly code: ErrorCode;
  readonly receipt: SignedReceipt;
}

/** What was let out, or refused by the limits: both were counted, and have a receipt that says so. */
export type FinishedWork = ReleasedWork | RefusedWork;

/**
 * Does the work of the room once.
 *
 * @throws CleanroomError for every other way in which there is no result; nothing of one has then been let out.
 */
export async function doWork(context: WorkContext): Promise<FinishedWork> {
  const { board, draft, parsed } = context;
  board.enter('keys');
  const unlocked = await unlockAll(context);
  const inputs = draft.setInputs(unlocked.map(({ input }) => input));
  const keys = unlocked.map(({ dataset, key }) =>
    deriveBudgetKey(dataset.id, parsed.digest, releasedKeyBytes(key)),
  );
  board.enter('budget');
  await patiently(context, 'budget', () => consultBudget({ ...context, keys }, inputs));
  board.enter('inputs');
  const documents = await readTexts(context, unlocked);
  board.enter('model');
  const model = await openModel(context, unlocked);
  const { method, modelDigest } = model.summarizer;
  draft.setModel({ method, digest: modelDigest });
  const limits = textLimitsOf(parsed.contract, method);
  draft.setParameters({ maxTokens: planLengths(limits, documents.length).maxTokens });
  try {
    refuseTooFewDocuments(limits, documents);
    board.enter('summary');
    const ready = { unlocked, inputs, keys };
    const summarized = await summarizeAndAppraise(context, model.summarizer, documents);
    return withinLimits(summarized.checks)
      ? await release(context, { ...ready, summarized })
      : await refuse(context, { ...ready, summarized });
  } finally {
    await model.release();
  }
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

async function readTexts(
  context: WorkContext,
  unlocked: readonly UnlockedDataset[],
): Promise<readonly SourceDocument[]> {
  const documents: SourceDocument[] = [];
  for (const item of unlocked.filter(({ dataset }) => dataset.kind === 'text')) {
    const { id } = item.dataset;
    const read = (): Promise<readonly SourceDocument[]> =>
      readDataset(context, item, (blob) => readDocuments(id, blob));
    documents.push(...(await patiently(context, id, read)));
  }
  return documents;
}

interface SummarizedRun {
  readonly unlocked: readonly UnlockedDataset[];
  readonly inputs: Sha256Hex;
  readonly keys: readonly BudgetKey[];
  readonly summarized: Summarized;
}

/*
 * A refusal says numbers about the text too, so it is counted like a result: otherwise the host and one owner could go on
 * asking with text after text of that owner, and measure another's.
 */
async function refuse(
  context: WorkContext,
  { inputs, keys, summarized: { checks } }: SummarizedRun,
): Promise<FinishedWork> {
  const receipt = await patiently(context, 'budget', () =>
    spendBudget({ ...context, keys }, inputs, (used) => context.draft.signRefusedByLimits({ used, checks })),
  );
  return { outcome: 'refused', code: 'LIMIT_REFUSED', receipt };
}

/* Seal, count, then store: a crash in between has spent budget for these inputs, and the next start gives their result. */
async function release(
  context: WorkContext,
  { unlocked, inputs, keys, summarized }: SummarizedRun,
): Promise<FinishedWork> {
  context.board.enter('results');
  const { client, config, draft, parsed, startEvidence } = context;
  const { contract, digest } = parsed;
  const salt = outputSalt(unlocked, inputs);
  const document: ResultDocument = {
    v: 1,
    use: 'cleanroom-result',
    contract: digest,
    inputs,
    method: summarized.method,
    summary: summarized.summary,
    documents: [...summarized.documents],
    salt,
  };
  const plaintext = encodeResult(document);
  const sealed = await sealResult(plaintext, recipientKeys(context));
  const { checks } = summarized;
  const output = { digest: sha256Hex(plaintext), sealed: sha256Hex(sealed) };
  const receipt = await patiently(context, 'budget', () =>
    spendBudget({ ...context, keys }, inputs, (used) => draft.signReleased(output, { used, checks })),
  );
  const stored = { sealed, receipt: receipt.jws, report: startEvidence };
  await patiently(context, 'results', () =>
    storeResult(client, resultBlobs(contract, config.resultSas), stored),
  );
  return { outcome: 'released', receipt, sealed, document };
}

function recipientKeys({ parsed }: WorkContext): Parameters<typeof sealResult>[1] {
  const { parties, summary } = parsed.contract;
  return summary.recipients.map((id) => {
    const key = parties.find((party) => party.id === id)?.resultKey;
    if (key === undefined) throw new CleanroomError('CONTRACT_INVALID', `${id} has no resultKey`);
    return key;
  });
}

/* The same for the same inputs, so that a re-run gives the same output; unknown to everybody without the released keys. */
function outputSalt(unlocked: readonly UnlockedDataset[], inputs: Sha256Hex): string {
  const secrets = unlocked.map(({ key }) => releasedKeyBytes(key));
  const salt = hkdfSync(
    'sha256',
    concatBytes(...secrets),
    utf8(inputs),
    utf8('cleanroom-output-salt-v1'),
    16,
  );
  return toBase64Url(new Uint8Array(salt));
}
