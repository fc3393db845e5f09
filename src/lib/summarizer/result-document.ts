// The result in clear, as its recipients read it: canonical JSON inside the sealed result.

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';

const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const Summary = v.strictObject({
  /** `all`, or dataset id and document name. */
  title: v.string(),
  text: v.string(),
  /** Length in the model's tokens; in words for the extractive method. */
  tokens: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Overlap with the source, 0 to 1. */
  metrics: v.strictObject({ bleu4: Share, rouge1: Share, rouge2: Share, rougeL: Share }),
});

const DocumentSchema = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-result'),
  contract: v.string(),
  inputs: v.string(),
  method: v.picklist(['t5', 'bart', 't5-bart', 'extractive']),
  /** The summary of everything. */
  summary: Summary,
  /** One a document, where there are several and the limits leave room for them; else empty. */
  documents: v.array(Summary),
  /** Secret from everybody but recipients: the receipt's output digest tells nothing to whoever guesses the text. */
  salt: v.string(),
});

export type ResultSummary = v.InferOutput<typeof Summary>;
export type ResultDocument = v.InferOutput<typeof DocumentSchema>;

/** The bytes that are sealed, and whose digest the receipt holds. */
export function encodeResult(document: ResultDocument): Uint8Array {
  return utf8(canonicalJson(document));
}

/**
 * Reads an opened result.
 *
 * @throws CleanroomError SEALED_RESULT_REJECTED
 */
export function parseResult(bytes: Uint8Array): ResultDocument {
  try {
    const outcome = v.safeParse(DocumentSchema, parseStrictJson(decodeUtf8(bytes) ?? '', { maxDepth: 8 }));
    if (outcome.success) return outcome.output;
  } catch (cause) {
    throw new CleanroomError('SEALED_RESULT_REJECTED', 'what was sealed is not JSON', { cause });
  }
  throw new CleanroomError('SEALED_RESULT_REJECTED', 'what was sealed is not a result of version 1');
}
