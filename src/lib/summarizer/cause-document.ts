// Why a run gave no result, as one data owner reads it: all of one length, so that its length tells nothing.

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';
import { Measured, padded } from './result-document.js';

const CAUSE_BYTES = 8192;

const CauseSchema = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-cause'),
  /** Digest of the contract. */
  contract: v.string(),
  /** The place of the budget that the run took. */
  place: v.nullable(v.number()),
  owner: v.string(),
  /** What a room outside of a contract would have said. */
  code: v.string(),
  /** Measured of the owner's own datasets; empty where it came to no measuring. */
  checks: v.array(Measured),
});

export type CauseDocument = v.InferOutput<typeof CauseSchema>;

/** A cause as it is sealed: 8192 bytes. */
export function encodeCause(cause: CauseDocument): Uint8Array {
  return utf8(padded(canonicalJson(cause), CAUSE_BYTES));
}

/** @throws CleanroomError SEALED_RESULT_REJECTED */
export function parseCause(bytes: Uint8Array): CauseDocument {
  const outcome = v.safeParse(CauseSchema, jsonOf(bytes));
  if (outcome.success) return outcome.output;
  throw new CleanroomError('SEALED_RESULT_REJECTED', 'what was sealed is no cause of version 1');
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson((decodeUtf8(bytes) ?? '').trimEnd(), { maxDepth: 8 });
  } catch {
    return undefined;
  }
}
