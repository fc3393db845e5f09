// The receipt: what a room did with whose inputs under which limits; a JWS (RFC 7515) by the key in the room's report.

import * as v from 'valibot';

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { parseCompactJws, type ParsedJws } from '../base/bytes/compact-jws.js';
import { parseSha256Hex, sha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { isInstant } from '../base/bytes/instant.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';

/** `typ` in the header of a receipt. */
export const RECEIPT_TYPE = 'cleanroom-receipt+jws';

const Header = v.strictObject({ alg: v.literal('ES256'), typ: v.literal(RECEIPT_TYPE), kid: v.string() });

const Digest = v.pipe(
  v.string(),
  v.check((text) => parseSha256Hex(text) !== null, 'not a SHA-256'),
  v.transform((text) => text as Sha256Hex),
);
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

const Input = v.strictObject({
  dataset: v.string(),
  owner: v.string(),
  kind: v.picklist(['text', 'model']),
  /** Version of the dataset, as its owner stated it. */
  version: v.string(),
  /** SHA-256 of the sealed blob's header and payload: of ciphertext, so that nobody can try texts against them. */
  header: Digest,
  payload: Digest,
  /** The key that was released for it, with its version. */
  key: v.string(),
  /** RFC 7638 thumbprint of that key, as `key show` and the blob's header have it; absent in receipts of earlier rooms. */
  jkt: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/))),
});

const TextLimits = {
  scripts: v.array(v.string()),
  maxCharacters: v.number(),
  maxShareOfSource: v.number(),
  maxCopiedWords: v.number(),
  maxCopiedShare: v.number(),
  minDocuments: v.number(),
} as const;

const ReceiptSchema = v.strictObject({
  v: v.literal(2),
  use: v.literal('cleanroom-receipt'),
  outcome: v.picklist(['released', 'refused']),
  contract: Digest,
  /** SHA-256 of the CCE policy: HOST_DATA of the room's report. */
  policy: Digest,
  /** SHA-256 of the report that the room had made at this start. */
  report: Digest,
  inputs: v.array(Input),
  /** What the budget counts: `inputsDigest` of `inputs`; null where not all of them were read. */
  inputsDigest: v.nullable(Digest),
  model: v.nullable(
    v.strictObject({
      /** `sha256:` and hex of the model directory; null where there is none. */
      digest: v.nullable(v.string()),
    }),
  ),
  /** Of the contract: a result that was given out keeps those of its method. What was measured is said to its readers only. */
  limits: v.strictObject({ ...TextLimits, maxResults: v.number() }),
  extractiveLimits: v.nullable(v.strictObject(TextLimits)),
  output: v.nullable(
    v.strictObject({
      /** SHA-256 of the result document in clear; salted by the document's own `salt`. */
      digest: Digest,
      /** SHA-256 of the sealed result as it is stored. */
      sealed: Digest,
    }),
  ),
  /** The place that the run took, of how many there are; null where it opened no text. */
  budget: v.nullable(v.strictObject({ used: Count, of: Count })),
  /** SHA-256 of the sealed causes as they are stored, where a counted run gave nothing; else null. */
  causes: v.nullable(Digest),
  /** Error code of a refusal. */
  refusal: v.nullable(v.string()),
  time: v.pipe(v.string(), v.isoTimestamp(), v.check(isInstant, 'a time that exists')),
});

export type Receipt = v.InferOutput<typeof ReceiptSchema>;
export type ReceiptInput = v.InferOutput<typeof Input>;

/** A receipt as it was read, with the digest that a budget entry names it by. */
export interface ReadReceipt {
  readonly receipt: Receipt;
  readonly digest: Sha256Hex;
}

/**
 * Digest of a set of inputs: SHA-256 over the canonical list of dataset id and payload digest, sorted by id. Re-wrapping
 * a blob for other recipients changes its header only, and so makes no new set.
 */
export function inputsDigest(inputs: readonly Pick<ReceiptInput, 'dataset' | 'payload'>[]): Sha256Hex {
  const list = inputs
    .map(({ dataset, payload }) => ({ dataset, payload }))
    .sort((a, b) => (a.dataset < b.dataset ? -1 : 1));
  return sha256Hex(canonicalJson(list));
}

/** Digest of a receipt's JWS text. */
export function receiptDigest(jws: string): Sha256Hex {
  return sha256Hex(jws);
}

/**
 * Reads a receipt without checking who signed it.
 *
 * @throws CleanroomError RECEIPT_REJECTED
 */
export function parseReceipt(jws: string): ReadReceipt {
  return readReceipt(jws).receipt;
}

/** As parseReceipt, with the JWS for whoever checks its signature. */
export function readReceipt(jws: string): { readonly receipt: ReadReceipt; readonly parsed: ParsedJws } {
  const parsed = parseCompactJws(jws);
  if (parsed === null) throw receiptRejected('it is no compact JWS');
  if (!v.is(Header, parsed.header)) throw receiptRejected('its header is not that of a receipt');
  const outcome = v.safeParse(ReceiptSchema, readJson(parsed.payload));
  if (!outcome.success) {
    const issue = outcome.issues[0];
    throw receiptRejected(`${v.getDotPath(issue) ?? 'payload'}: ${issue.message}`);
  }
  return { receipt: { receipt: outcome.output, digest: receiptDigest(jws) }, parsed };
}

function readJson(payload: Uint8Array): unknown {
  try {
    return parseStrictJson(decodeUtf8(payload) ?? '', { maxDepth: 8 });
  } catch (cause) {
    throw receiptRejected('its payload is not JSON with one meaning', cause);
  }
}

/** The one error for a receipt that does not hold. */
export function receiptRejected(why: string, cause?: unknown): CleanroomError {
  return new CleanroomError('RECEIPT_REJECTED', `the receipt is invalid: ${why}`, { cause });
}
