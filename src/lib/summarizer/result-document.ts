// The result in clear, as its recipients read it: canonical JSON inside the sealed result, of one length under a contract.

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';
import type { Check } from '../base/verdict/check.js';

/* Nothing but texts: a title or a name that text or model chooses would carry more than is counted. */
const Text = v.strictObject({ text: v.string() });

/** A measured value beside its limit. */
export const Measured = v.strictObject({
  id: v.string(),
  status: v.picklist(['pass', 'fail', 'skip']),
  expected: v.optional(v.string()),
  actual: v.optional(v.string()),
});

/** The measured values of checks, without reasons. */
export function measuredValues(checks: readonly Check[]): v.InferOutput<typeof Measured>[] {
  return checks.map(({ id, status, expected, actual }) => ({
    id,
    status,
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual }),
  }));
}

const DocumentSchema = v.strictObject({
  v: v.literal(2),
  use: v.literal('cleanroom-result'),
  contract: v.string(),
  inputs: v.string(),
  method: v.picklist(['t5', 'bart', 't5-bart', 'extractive']),
  /** The summary of everything. */
  summary: Text,
  /** One a document, in the order of contract and manifests, where there are several and the limits leave room for them; else empty. */
  documents: v.array(Text),
  /** What the guard measured, each beside its limit. */
  checks: v.array(Measured),
  /** Secret from everybody but recipients: the receipt's output digest tells nothing to whoever guesses the text. */
  salt: v.string(),
});

export type ResultDocument = v.InferOutput<typeof DocumentSchema>;

/* A character of an alphabet, or an escape in JSON, with a line feed after it, at most. */
const BYTES_PER_CHARACTER = 5;
const BYTES_OF_THE_REST = 4096;

/**
 * The bytes that are sealed, and whose digest the receipt holds: as many for every result of a contract, spaces at the end.
 *
 * @param maxCharacters - the most that any of the contract's limits allows.
 */
export function encodeResult(document: ResultDocument, maxCharacters: number): Uint8Array {
  return utf8(padded(canonicalJson(document), maxCharacters * BYTES_PER_CHARACTER + BYTES_OF_THE_REST));
}

/** A text with spaces up to a length in bytes. @throws TypeError where it is longer */
export function padded(text: string, bytes: number): string {
  const missing = bytes - utf8(text).length;
  if (missing < 0) throw new TypeError('longer than its fixed length');
  return text + ' '.repeat(missing);
}

/**
 * Reads an opened result.
 *
 * @throws CleanroomError SEALED_RESULT_REJECTED
 */
export function parseResult(bytes: Uint8Array): ResultDocument {
  try {
    const text = (decodeUtf8(bytes) ?? '').trimEnd();
    const outcome = v.safeParse(DocumentSchema, parseStrictJson(text, { maxDepth: 8 }));
    if (outcome.success) return outcome.output;
  } catch (cause) {
    throw new CleanroomError('SEALED_RESULT_REJECTED', 'what was sealed is not JSON', { cause });
  }
  throw new CleanroomError('SEALED_RESULT_REJECTED', 'what was sealed is not a result of version 2');
}
