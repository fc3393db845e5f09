// Places of a contract's budget in every owner's account: taken before any text is opened, closed before anything is given.
// Whoever holds the SAS can create entries and read them, not replace or remove them: using places up is all that it can do.

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { decodeUtf8, equalBytes } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import type { BlobAddress, BlobClient } from '../blob-client.js';
import {
  type BudgetPlace,
  encodeClosing,
  encodeEntry,
  encodeGap,
  isEntryOf,
  MAX_ENTRY_BYTES,
  readClosing,
} from './entry.js';

/* Places looked at past the last entry: an owner that removed more than these in every account removed all. */
const LOOK_AHEAD = 4;
const MAX_TRIES = 16;

export interface BudgetAccess {
  readonly client: Pick<BlobClient, 'read' | 'create'>;
  /** Where entries are kept, without `.budget.N`; the contract's first dataset first, each account once. */
  readonly accounts: readonly BlobAddress[];
  readonly key: Uint8Array;
  readonly contract: Sha256Hex;
  readonly inputs: Sha256Hex;
  readonly maxResults: number;
}

/** A place that these inputs have taken. */
export interface ClaimedPlace {
  readonly place: number;
  /** Null while it is open. */
  readonly closed: { readonly output: Sha256Hex | null } | null;
}

/**
 * Takes the first place of these inputs after `after`, or a new one. Entries that are missing in one account are put back; a
 * place that anybody else has taken, or spoiled, is passed over and counts.
 *
 * @throws CleanroomError BUDGET_SPENT, SERVICE_UNREACHABLE, BLOB_REFUSED
 */
export async function claimPlace(access: BudgetAccess, after = 0): Promise<ClaimedPlace> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { ours, greatest } = await survey(access);
    for (const place of ours) {
      if (place <= after) continue;
      const state = await stateOf(access, place);
      if (state !== 'spoiled') return { place, closed: state };
    }
    const place = greatest + 1;
    if (place > access.maxResults)
      throw new CleanroomError(
        'BUDGET_SPENT',
        `the contract allows ${access.maxResults} results, and ${greatest} places are taken`,
      );
    if (await createEverywhere(access, entryName(place), encodeEntry(access.key, at(access, place))))
      return { place, closed: null };
  }
  throw new CleanroomError('BLOB_CHANGED', 'other rooms kept taking the places of the budget');
}

/**
 * Closes a place with what came of it, in every account, and reads it back.
 *
 * @returns what it is closed with: ours, or what another room of the same inputs closed it with; null where somebody spoiled it.
 */
export async function closePlace(
  access: BudgetAccess,
  place: number,
  output: Sha256Hex | null,
): Promise<{ readonly output: Sha256Hex | null } | null> {
  const bytes = encodeClosing(access.key, at(access, place), output);
  if (await createEverywhere(access, closingName(place), bytes)) return { output };
  const state = await stateOf(access, place);
  return state === 'spoiled' || state === null ? null : state;
}

/** The texts of a place in every account, entries before closings, each spelling once: what an owner finds in its own. */
export async function readPlace(access: BudgetAccess, place: number): Promise<readonly string[]> {
  const found = await Promise.all(
    [entryName(place), closingName(place)].map((name) => readEverywhere(access, name)),
  );
  const texts = found.flat().flatMap((bytes) => (bytes === null ? [] : [decodeUtf8(bytes) ?? '']));
  return [...new Set(texts)].filter((text) => text !== '');
}

function at({ contract, inputs }: BudgetAccess, place: number): BudgetPlace {
  return { contract, place, inputs };
}

/** Name of the entry of a place, after the contract's name of the budget. */
export function entryName(place: number): string {
  return `.budget.${place}`;
}

function closingName(place: number): string {
  return `${entryName(place)}.closed`;
}

function blob({ url, sas }: BlobAddress, suffix: string): BlobAddress {
  return { url: `${url}${suffix}`, sas };
}

interface Survey {
  /** Places whose entry is these inputs' in every account. */
  readonly ours: readonly number[];
  /** The greatest place that is taken in any account. */
  readonly greatest: number;
}

async function survey(access: BudgetAccess): Promise<Survey> {
  const found: (readonly (Uint8Array | null)[])[] = [];
  let greatest = 0;
  for (let place = 1; place <= Math.min(access.maxResults, greatest + LOOK_AHEAD); place++) {
    const entries = await readEverywhere(access, entryName(place));
    found.push(entries);
    if (entries.some((entry) => entry !== null)) greatest = place;
  }
  const ours: number[] = [];
  for (let place = 1; place <= greatest; place++)
    if (await isOurs(access, place, found[place - 1] ?? [])) ours.push(place);
  return { ours, greatest };
}

async function isOurs(
  access: BudgetAccess,
  place: number,
  entries: readonly (Uint8Array | null)[],
): Promise<boolean> {
  const [known] = entries.filter((entry) => entry !== null);
  const whole = known ?? encodeGap(access.key, access.contract, place);
  const filled = !entries.includes(null) || (await createEverywhere(access, entryName(place), whole));
  return (
    filled &&
    entries.every((entry) => entry === null || equalBytes(entry, whole)) &&
    isEntryOf(whole, access.key, at(access, place))
  );
}

async function stateOf(access: BudgetAccess, place: number): Promise<ClaimedPlace['closed'] | 'spoiled'> {
  const closings = await readEverywhere(access, closingName(place));
  const [first] = closings.filter((closing) => closing !== null);
  if (first === undefined) return null;
  const same = closings.every((closing) => closing === null || equalBytes(closing, first));
  const closed = same ? readClosing(first, access.key, at(access, place)) : null;
  return closed ?? 'spoiled';
}

function readEverywhere(
  { client, accounts }: BudgetAccess,
  suffix: string,
): Promise<readonly (Uint8Array | null)[]> {
  return Promise.all(accounts.map((account) => readEntry(client, blob(account, suffix))));
}

/* One account after the other, so that of two rooms one is first; whether all hold exactly these bytes afterwards. */
async function createEverywhere(
  { client, accounts }: BudgetAccess,
  suffix: string,
  bytes: Uint8Array,
): Promise<boolean> {
  for (const account of accounts) {
    await client.create(blob(account, suffix), bytes);
    const stored = await readEntry(client, blob(account, suffix));
    if (stored === null)
      throw new CleanroomError('BLOB_REFUSED', `the entry ${suffix} was created and is not there`);
    if (!equalBytes(stored, bytes)) return false;
  }
  return true;
}

/* Null where there is none; nothing where it is too large to be one: then somebody spoiled the place. */
async function readEntry(client: BudgetAccess['client'], entry: BlobAddress): Promise<Uint8Array | null> {
  try {
    return (await client.read(entry, MAX_ENTRY_BYTES))?.bytes ?? null;
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'BLOB_TOO_LARGE') return new Uint8Array(0);
    throw cause;
  }
}
