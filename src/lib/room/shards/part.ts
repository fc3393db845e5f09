// A part: the summary of one document, or why it has none, sealed for the rooms of these inputs; all of one length under a contract.

import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

import * as v from 'valibot';

import { concatBytes, decodeUtf8, utf8 } from '../../base/bytes/arrays.js';
import { fromBase64, toBase64 } from '../../base/bytes/base64.js';
import { canonicalJson } from '../../base/bytes/canonical-json.js';
import { parseSha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { ERROR_CODES } from '../../base/error-codes.js';
import type { ErrorCode } from '../../base/errors.js';
import { FAILURE_SIGNS } from '../../summarizer/output-signs.js';
import { padded } from '../../summarizer/result-document.js';
import type { SourceFacts } from '../../summarizer/disclosure.js';
import type { DocumentSummary } from '../../summarizer/summarizer.js';

/**
 * A document's summary and what was measured of its text, with SHA-256 of that text: whoever merges holds the text of the whole
 * payload against it, and need not measure it again.
 */
export interface SummaryPart extends Omit<DocumentSummary, 'name'>, SourceFacts {
  readonly of: Sha256Hex;
}

/** What a room made of one document: its summary, or the code of why there is none. */
export type MadePart = SummaryPart | { readonly failed: ErrorCode };

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/* All but the text of the summary. */
const BYTES_OF_THE_REST = 512;

const Digest = v.pipe(
  v.string(),
  v.check((text) => parseSha256Hex(text) !== null),
  v.transform((text) => text as Sha256Hex),
);

const PartSchema = v.union([
  v.strictObject({
    v: v.literal(1),
    of: Digest,
    characters: v.pipe(v.number(), v.integer(), v.minValue(0)),
    words: v.nullable(Digest),
    /** Base64, so that its length says nothing of which characters it has. */
    summary: v.string(),
    tokens: v.pipe(v.number(), v.integer(), v.minValue(0)),
    method: v.picklist(['t5', 'bart', 't5-bart', 'extractive']),
    modelFailure: v.nullable(v.picklist(FAILURE_SIGNS)),
  }),
  v.strictObject({
    v: v.literal(1),
    failed: v.custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)),
  }),
]);

/**
 * The key of a run's parts, from all keys that were released for its inputs: no owner, and not the host, can make one alone.
 *
 * @param released - bytes of all of them, in the order of the contract's datasets
 */
export function derivePartsKey(
  { contract, inputs }: { readonly contract: Sha256Hex; readonly inputs: Sha256Hex },
  released: Uint8Array,
): Uint8Array {
  return derive(released, utf8(`${contract} ${inputs}`), 'cleanroom-parts-v1');
}

/** The length of every sealed part, given the most bytes that the text of one may have. */
export function partLength(maxTextBytes: number): number {
  return NONCE_BYTES + plaintextLength(maxTextBytes) + TAG_BYTES;
}

/** Seals the part of the document in that place. @throws TypeError where its text is longer than `maxTextBytes` */
export function sealPart(
  partsKey: Uint8Array,
  place: number,
  part: MadePart,
  maxTextBytes: number,
): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, keyOf(partsKey, place), nonce);
  const plaintext = utf8(padded(encode(part), plaintextLength(maxTextBytes)));
  return concatBytes(nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

/** The part of that place; null for bytes that no room with these released keys made for this place. */
export function openPart(partsKey: Uint8Array, place: number, sealed: Uint8Array): MadePart | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(ALGORITHM, keyOf(partsKey, place), sealed.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const body = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
    return decode(concatBytes(body, decipher.final()));
  } catch {
    return null;
  }
}

function plaintextLength(maxTextBytes: number): number {
  return Math.ceil(maxTextBytes / 3) * 4 + BYTES_OF_THE_REST;
}

function encode(part: MadePart): string {
  if ('failed' in part) return canonicalJson({ v: 1, failed: part.failed });
  return canonicalJson({ v: 1, ...part, summary: toBase64(utf8(part.summary)) });
}

function decode(bytes: Uint8Array): MadePart | null {
  const outcome = v.safeParse(
    PartSchema,
    parseStrictJson((decodeUtf8(bytes) ?? '').trimEnd(), { maxDepth: 2 }),
  );
  if (!outcome.success) return null;
  if ('failed' in outcome.output) return { failed: outcome.output.failed };
  const { of, characters, words, summary, tokens, method, modelFailure } = outcome.output;
  const text = fromBase64(summary);
  const plain = text === null ? null : decodeUtf8(text);
  return plain === null ? null : { of, characters, words, summary: plain, tokens, method, modelFailure };
}

/* One a place, so that a part that is moved to another place does not open there. HKDF-Expand of one block (RFC 5869, section 2.3):
   the run's key comes out of HKDF, and nothing more is to be extracted from it. */
function keyOf(partsKey: Uint8Array, place: number): Uint8Array {
  return createHmac('sha256', partsKey).update(`cleanroom-part-v1 ${place}\u0001`).digest();
}

function derive(from: Uint8Array, salt: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', from, salt, utf8(info), KEY_BYTES));
}
