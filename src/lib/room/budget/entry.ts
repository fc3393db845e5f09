// A budget entry and its closing: small JSON texts with a MAC that only rooms which have every released key of the inputs can make.

import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../../base/bytes/arrays.js';
import { fromBase64Url, toBase64Url } from '../../base/bytes/base64.js';
import { canonicalJson, type Json } from '../../base/bytes/canonical-json.js';
import { parseSha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';

/** Longest entry that is read; ours have about 350 bytes. */
export const MAX_ENTRY_BYTES = 4096;

const Digest = v.pipe(
  v.string(),
  v.check((text) => parseSha256Hex(text) !== null, 'not a SHA-256'),
  v.transform((text) => text as Sha256Hex),
);
const COMMON = {
  v: v.literal(2),
  contract: Digest,
  /** Counted from 1. */
  place: v.pipe(v.number(), v.integer(), v.minValue(1)),
  inputs: Digest,
  mac: v.string(),
} as const;
const Entry = v.strictObject({ use: v.literal('cleanroom-budget-entry'), ...COMMON });
const Closing = v.strictObject({
  use: v.literal('cleanroom-budget-closed'),
  ...COMMON,
  /** Of the result in clear; null: nothing was given. */
  output: v.nullable(Digest),
});

/** The place that a set of inputs takes under a contract. */
export interface BudgetPlace {
  readonly contract: Sha256Hex;
  readonly place: number;
  readonly inputs: Sha256Hex;
}

/**
 * The key of a run's entries, from all keys that were released for its inputs: no owner, and not the host, can make it alone.
 *
 * @param released - bytes of all of them, in the order of the contract's datasets
 */
export function deriveBudgetKey(contract: Sha256Hex, released: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', released, utf8(contract), utf8('cleanroom-budget-v2'), 32));
}

/** The entry's bytes: the same for the same place, whichever room writes them. */
export function encodeEntry(key: Uint8Array, place: BudgetPlace): Uint8Array {
  return encode(key, { v: 2, use: 'cleanroom-budget-entry', ...place });
}

/** The closing of a place. */
export function encodeClosing(key: Uint8Array, place: BudgetPlace, output: Sha256Hex | null): Uint8Array {
  return encode(key, { v: 2, use: 'cleanroom-budget-closed', ...place, output });
}

/** In a place whose entry somebody removed from every account: it is used up, and serves nobody. */
export function encodeGap(key: Uint8Array, contract: Sha256Hex, place: number): Uint8Array {
  return encode(key, { v: 2, use: 'cleanroom-budget-gap', contract, place });
}

/** Whether bytes are the entry of that place, by a room that has the key. */
export function isEntryOf(bytes: Uint8Array, key: Uint8Array, place: BudgetPlace): boolean {
  const entry = read(Entry, bytes, key);
  return entry !== null && isAt(entry, place);
}

/** What a place was closed with; null where the bytes are no closing of it by a room that has the key. */
export function readClosing(
  bytes: Uint8Array,
  key: Uint8Array,
  place: BudgetPlace,
): { readonly output: Sha256Hex | null } | null {
  const closing = read(Closing, bytes, key);
  return closing !== null && isAt(closing, place) ? { output: closing.output } : null;
}

function isAt(found: BudgetPlace, { contract, place, inputs }: BudgetPlace): boolean {
  return found.contract === contract && found.place === place && found.inputs === inputs;
}

function encode(key: Uint8Array, body: { readonly [name: string]: Json }): Uint8Array {
  return utf8(canonicalJson({ ...body, mac: toBase64Url(macOf(key, body)) }));
}

function macOf(key: Uint8Array, body: { readonly [name: string]: Json }): Uint8Array {
  return createHmac('sha256', key).update(canonicalJson(body)).digest();
}

function read<T extends { readonly mac: string }>(
  schema: v.GenericSchema<unknown, T>,
  bytes: Uint8Array,
  key: Uint8Array,
): T | null {
  const value = parse(bytes);
  const outcome = v.safeParse(schema, value);
  if (!outcome.success) return null;
  const { mac, ...body } = value as { readonly [name: string]: Json } & { readonly mac: string };
  const actual = fromBase64Url(mac);
  const expected = macOf(key, body);
  if (actual?.length !== expected.length || !timingSafeEqual(actual, expected)) return null;
  return outcome.output;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(decodeUtf8(bytes) ?? '', { maxDepth: 2 });
  } catch {
    return null;
  }
}
