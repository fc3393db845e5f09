// How many results a contract still allows: a small list in the owner's storage that only its rooms can extend.
//
// What it holds against: a host that edits, forges or drops entries (marks by keys that exist in attested rooms only), a
// host that puts the empty list back while a receipt exists, two rooms at once (the store's ETag). What it cannot hold
// against: somebody who can replace the list and also remove the receipts can put back an older list that was true once.

import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { fromBase64Url, toBase64Url } from '../base/bytes/base64.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { parseSha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';

/** Longest state that is read; an entry is about 200 bytes. */
export const MAX_BUDGET_STATE_BYTES = 16 * 1024 * 1024;

const Digest = v.pipe(
  v.string(),
  v.check((text) => parseSha256Hex(text) !== null, 'not a SHA-256'),
  v.transform((text) => text as Sha256Hex),
);
const Entry = v.strictObject({ inputs: Digest, receipt: Digest, time: v.pipe(v.string(), v.isoTimestamp()) });
const Mark = v.strictObject({ dataset: v.string(), key: v.string(), mac: v.string() });
const StateSchema = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-budget'),
  contract: Digest,
  results: v.array(Entry),
  marks: v.array(Mark),
});

/** One set of inputs that was summarized, and the digest of the receipt that says so. */
export type BudgetEntry = v.InferOutput<typeof Entry>;
export type BudgetState = v.InferOutput<typeof StateSchema>;

/** A dataset's key for marking the list; derived from the key that is released for the dataset. */
export interface BudgetKey {
  readonly dataset: string;
  /** Names the key without telling it. */
  readonly id: string;
  readonly macKey: Uint8Array;
}

/** The state that the owner creates: nothing used yet under this contract. */
export function initialBudgetState(contract: Sha256Hex): Uint8Array {
  return encode({ v: 1, use: 'cleanroom-budget', contract, results: [], marks: [] });
}

/**
 * Derives a dataset's marking key from the private key that the vault releases for it: secret from everybody outside
 * attested rooms, the data owner included, and the same for as long as the dataset keeps its key version.
 */
export function deriveBudgetKey(dataset: string, contract: Sha256Hex, released: Uint8Array): BudgetKey {
  const bytes = new Uint8Array(hkdfSync('sha256', released, utf8(contract), utf8('cleanroom-budget-v1'), 48));
  return { dataset, id: toBase64Url(bytes.subarray(32)), macKey: bytes.subarray(0, 32) };
}

/**
 * Reads a state and checks that rooms of this contract wrote it. An empty list needs no mark. Any other needs a right mark
 * by at least one key of `keys`, and no wrong one by any of them: as long as one owner's dataset is what it was, neither
 * the host nor the other owners can have written the list.
 *
 * @throws CleanroomError BUDGET_STATE_REFUSED
 */
export function openBudgetState(
  bytes: Uint8Array,
  contract: Sha256Hex,
  keys: readonly BudgetKey[],
): BudgetState {
  const state = parse(bytes);
  if (state.contract !== contract) throw refused('it belongs to another contract');
  if (state.results.length === 0) return state;
  const known = state.marks.flatMap((mark) => {
    const key = keys.find((candidate) => candidate.dataset === mark.dataset && candidate.id === mark.key);
    return key === undefined ? [] : [{ mark, key }];
  });
  if (known.length === 0)
    throw refused('no dataset that took part before is unchanged, so nobody can vouch for it');
  for (const { mark, key } of known) {
    const actual = fromBase64Url(mark.mac);
    const expected = macOf(state, key);
    if (actual?.length !== expected.length || !timingSafeEqual(actual, expected))
      throw refused('it was written by somebody else than a room of this contract');
  }
  return state;
}

/**
 * Refuses a state that is older than a receipt that was found: the receipt's inputs must be in the list, and the list no
 * shorter than the receipt says. A forged receipt can make a run be refused, never allowed.
 *
 * @throws CleanroomError BUDGET_STATE_REFUSED
 */
export function refuseRolledBack(
  state: BudgetState,
  known: { readonly inputs: Sha256Hex; readonly used: number },
): void {
  if (state.results.length < known.used || !state.results.some(({ inputs }) => inputs === known.inputs))
    throw refused('it is older than a receipt of this contract');
}

export type BudgetDecision =
  { readonly kind: 'repeat'; readonly used: number } | { readonly kind: 'new'; readonly used: number };

/**
 * Decides whether a set of inputs may be summarized: always, if it was before; else while there is budget left.
 *
 * @returns how many results will have been used.
 * @throws CleanroomError BUDGET_SPENT
 */
export function decideBudget(state: BudgetState, inputs: Sha256Hex, maxResults: number): BudgetDecision {
  const used = state.results.length;
  if (state.results.some((entry) => entry.inputs === inputs)) return { kind: 'repeat', used };
  if (used >= maxResults) {
    throw new CleanroomError(
      'BUDGET_SPENT',
      `the contract allows ${maxResults} results and ${used} have been given, none of them for these inputs`,
    );
  }
  return { kind: 'new', used: used + 1 };
}

/** The state with one entry more, marked by every key. */
export function extendBudgetState(
  state: BudgetState,
  entry: BudgetEntry,
  keys: readonly BudgetKey[],
): Uint8Array {
  const extended = { ...state, results: [...state.results, entry] };
  const marks = keys.map((key) => ({
    dataset: key.dataset,
    key: key.id,
    mac: toBase64Url(macOf(extended, key)),
  }));
  return encode({ ...extended, marks });
}

function macOf({ contract, results }: BudgetState, key: BudgetKey): Uint8Array {
  const marked = canonicalJson({ contract, dataset: key.dataset, results });
  return createHmac('sha256', key.macKey).update(marked).digest();
}

function encode(state: BudgetState): Uint8Array {
  return utf8(canonicalJson(state));
}

function parse(bytes: Uint8Array): BudgetState {
  const text = bytes.length > MAX_BUDGET_STATE_BYTES ? null : decodeUtf8(bytes);
  if (text === null) throw refused('it is not text, or too long');
  let value: unknown;
  try {
    value = parseStrictJson(text, { maxDepth: 4 });
  } catch (cause) {
    throw refused('it is not JSON with one meaning', cause);
  }
  const outcome = v.safeParse(StateSchema, value);
  if (!outcome.success) throw refused('it has not the form of a budget');
  return outcome.output;
}

function refused(why: string, cause?: unknown): CleanroomError {
  return new CleanroomError('BUDGET_STATE_REFUSED', `the budget's state cannot be relied on: ${why}`, {
    cause,
  });
}
