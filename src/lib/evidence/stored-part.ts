// A part as it lies in storage: one document's summary, sealed for the rooms of its run, with the receipt of its maker.

import * as v from 'valibot';

import { canonicalJson } from '../base/bytes/canonical-json.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';

const Schema = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-part'),
  sealed: v.string(),
  receipt: v.string(),
});

export interface StoredPart {
  /** base64url of nonce, ciphertext and tag; only rooms of the run open it. */
  readonly sealed: string;
  /** JWS of the receipt, by the room that made the part. */
  readonly receipt: string;
}

/** The text of the blob. */
export function encodeStoredPart({ sealed, receipt }: StoredPart): string {
  return canonicalJson({ v: 1, use: 'cleanroom-part', sealed, receipt });
}

/** Reads the text of the blob, and checks neither seal nor receipt; null where it is none. */
export function parseStoredPart(text: string): StoredPart | null {
  try {
    const outcome = v.safeParse(Schema, parseStrictJson(text, { maxDepth: 2 }));
    return outcome.success ? { sealed: outcome.output.sealed, receipt: outcome.output.receipt } : null;
  } catch {
    return null;
  }
}
