// The budget's state in storage, and the receipt that shows whether somebody put an older state back.

import { parseReceipt, receiptDigest } from '../evidence/receipt.js';
import type { SignedReceipt } from '../evidence/receipt-signature.js';
import { decodeUtf8 } from '../base/bytes/arrays.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import { blobUrl, budgetStateBlob } from '../contract/room-plan.js';
import { CleanroomError } from '../base/errors.js';
import {
  type BudgetDecision,
  type BudgetKey,
  type BudgetState,
  decideBudget,
  extendBudgetState,
  MAX_BUDGET_STATE_BYTES,
  openBudgetState,
  refuseRolledBack,
} from '../summarizer/budget.js';
import type { BlobAddress, BlobClient } from './blob-client.js';
import type { RoomConfig } from './config.js';
import { resultBlobs } from './result-store.js';

const MAX_RECEIPT_BYTES = 1024 * 1024;
const MAX_WRITES = 8;

export interface BudgetAccess {
  readonly client: BlobClient;
  readonly config: RoomConfig;
  readonly parsed: ParsedContract;
  readonly keys: readonly BudgetKey[];
}

/**
 * Decides on a set of inputs by the state in storage, changing nothing.
 *
 * @throws CleanroomError BUDGET_SPENT, BUDGET_STATE_REFUSED (also where there is no state)
 */
export async function consultBudget(access: BudgetAccess, inputs: Sha256Hex): Promise<BudgetDecision> {
  const { state } = await loadState(access);
  return decideBudget(state, inputs, access.parsed.contract.summary.limits.maxResults);
}

/**
 * Counts a set of inputs, before anything of its result is let out. When another room was quicker, decides again on what
 * it wrote.
 *
 * @param signReceipt - makes the receipt for a number of results used; called once for each try.
 * @returns the receipt whose digest stands in the state (or, for inputs that were summarized before, a new one like it).
 * @throws CleanroomError BUDGET_SPENT, BUDGET_STATE_REFUSED, BLOB_CHANGED after too many tries
 */
export async function spendBudget(
  access: BudgetAccess,
  inputs: Sha256Hex,
  signReceipt: (used: number) => SignedReceipt,
): Promise<SignedReceipt> {
  for (let writes = 0; writes < MAX_WRITES; writes++) {
    const { state, etag } = await loadState(access);
    const decision = decideBudget(state, inputs, access.parsed.contract.summary.limits.maxResults);
    const signed = signReceipt(decision.used);
    if (decision.kind === 'repeat') return signed;
    const entry = { inputs, receipt: receiptDigest(signed.jws), time: signed.receipt.time };
    const next = extendBudgetState(state, entry, access.keys);
    if ((await access.client.write(stateAddress(access), next, { ifMatch: etag })) !== null) return signed;
  }
  throw new CleanroomError('BLOB_CHANGED', 'other rooms kept writing the budget; nothing was given out');
}

async function loadState(
  access: BudgetAccess,
): Promise<{ readonly state: BudgetState; readonly etag: string }> {
  const { client, parsed, keys } = access;
  const stored = await client.read(stateAddress(access), MAX_BUDGET_STATE_BYTES);
  if (stored === null)
    throw new CleanroomError(
      'BUDGET_STATE_REFUSED',
      "the budget's state is not in storage; that does not mean that nothing was used",
    );
  const state = openBudgetState(stored.bytes, parsed.digest, keys);
  await compareWithReceipt(access, state);
  return { state, etag: stored.etag };
}

async function compareWithReceipt(
  { client, config, parsed }: BudgetAccess,
  state: BudgetState,
): Promise<void> {
  const stored = await client.read(resultBlobs(parsed.contract, config.resultSas).receipt, MAX_RECEIPT_BYTES);
  if (stored === null) return;
  const { receipt } = parseReceipt((decodeUtf8(stored.bytes) ?? '').trim());
  if (receipt.contract !== parsed.digest || receipt.inputsDigest === null || receipt.budget === null) return;
  refuseRolledBack(state, { inputs: receipt.inputsDigest, used: receipt.budget.used });
}

function stateAddress({ config, parsed }: BudgetAccess): BlobAddress {
  return { url: blobUrl(budgetStateBlob(parsed.contract)), sas: config.stateSas };
}
