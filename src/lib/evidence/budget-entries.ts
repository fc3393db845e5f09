// Budget entries that came along, held against the receipts. Their MAC is under keys that only rooms have, so for others they
// prove nothing: they are bytes that each owner finds again in its own account, and may not contradict a receipt.

import * as v from 'valibot';

import type { CheckLog } from '../attestation/check-log.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import type { ReadReceipt, Receipt } from './receipt.js';
import type { Place } from './receipt-places.js';

const Entry = v.object({
  v: v.literal(2),
  use: v.picklist(['cleanroom-budget-entry', 'cleanroom-budget-closed']),
  contract: v.string(),
  place: v.number(),
  inputs: v.string(),
  output: v.optional(v.nullable(v.string())),
});
type BudgetEntry = v.InferOutput<typeof Entry>;

/**
 * Records `RECEIPT_ENTRIES`: of each receipt's place there are an entry of its inputs and a closing with its output; no entry
 * of that place says otherwise.
 */
export function recordBudgetEntries(
  receipts: readonly ReadReceipt[],
  brought: readonly string[],
  log: CheckLog,
): void {
  const counted = receipts.map(({ receipt }) => receipt).filter(({ budget }) => budget !== null);
  if (counted.length === 0 || brought.length === 0) {
    const reason =
      brought.length === 0 ? 'no budget entry came along' : 'there is no receipt of a counted run';
    log.skip(reason, 'RECEIPT_ENTRIES');
    return;
  }
  const entries = brought.map(readEntry);
  const problem = entries.includes(null)
    ? 'what came along as a budget entry is none'
    : counted.map((receipt) => contradiction(receipt, entries)).find((text) => text !== null);
  const open = counted.filter((receipt) => !isWhole(receipt, entries));
  if (typeof problem === 'string') log.record('RECEIPT_ENTRIES', false, { reason: problem });
  else if (open.length === 0) log.record('RECEIPT_ENTRIES', true);
  else log.skip('not every receipt has its entry and its closing here', 'RECEIPT_ENTRIES');
}

/** The place that the text of an entry or a closing is of; null where it is neither. */
export function placeOfEntry(text: string): Place | null {
  const entry = readEntry(text);
  if (entry === null) return null;
  const { contract, place, inputs, output = null } = entry;
  return { contract, place, inputs, output };
}

function readEntry(text: string): BudgetEntry | null {
  try {
    const outcome = v.safeParse(Entry, parseStrictJson(text, { maxDepth: 2 }));
    return outcome.success ? outcome.output : null;
  } catch {
    return null;
  }
}

function contradiction(receipt: Receipt, entries: readonly (BudgetEntry | null)[]): string | null {
  const place = receipt.budget?.used;
  const other = entries.find((entry) => entry?.place === place && !agrees(receipt, entry));
  return other === undefined
    ? null
    : `the budget's place ${place ?? 0} belongs to another run than the one in the receipt`;
}

function agrees(receipt: Receipt, entry: BudgetEntry | null): boolean {
  if (entry === null) return false;
  const same = entry.contract === receipt.contract && entry.inputs === receipt.inputsDigest;
  // A run that gave nothing may have found the place closed with an output of another start.
  const output = receipt.output === null || entry.output === receipt.output.digest;
  return same && (entry.use === 'cleanroom-budget-entry' || output);
}

function isWhole(receipt: Receipt, entries: readonly (BudgetEntry | null)[]): boolean {
  const of = (use: BudgetEntry['use']): boolean =>
    entries.some((entry) => entry?.use === use && entry.place === receipt.budget?.used);
  return of('cleanroom-budget-entry') && of('cleanroom-budget-closed');
}
