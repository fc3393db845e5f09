// A data owner's step after a run without a result: open the cause that the room sealed to it, once the room is believed.

import type { KeyObject } from 'node:crypto';

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { sha256Hex } from '../base/bytes/digest.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';
import type { ParsedContract } from '../contract/check.js';
import type { EvidenceBundle } from '../evidence/evidence-bundle.js';
import { type Receipt, receiptDigest } from '../evidence/receipt.js';
import { accepted, type VerifiedFile } from '../evidence/verify-evidence-file.js';
import { type CauseDocument, parseCause } from '../summarizer/cause-document.js';
import { openResult } from '../summarizer/sealed-result.js';
import type { BlobStore } from '../ports/ports.js';
import { bundleOfRoomEvidence } from './collect-evidence.js';
import { resultBlob } from './receive-summary.js';

const MAX_BYTES = 16 * 1024 * 1024;

const Causes = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-causes'),
  /** A JWE an owner. */
  causes: v.record(v.string(), v.string()),
});

export interface CauseQuestion {
  readonly parsed: ParsedContract;
  /** The owner who asks. */
  readonly party: string;
  /** Its private result key, read only where there is a cause to open. */
  readonly resultKey: () => Promise<KeyObject>;
}

export interface CausePorts {
  readonly blobs: Pick<BlobStore, 'read'>;
  /** Verifies the evidence of the room that signed the refusal. */
  readonly verify: (bundle: EvidenceBundle) => Promise<VerifiedFile>;
}

/** The last run without a result. */
export interface ExplainedRefusal {
  readonly receipt: Receipt;
  /** Null where no text was opened (then the receipt's own code says all), and for who owns no dataset. */
  readonly cause: CauseDocument | null;
}

/**
 * @returns null where no run was refused.
 * @throws CleanroomError RECEIPT_REJECTED: the refusal, or its cause, is not of a room of this contract that holds;
 *   SEALED_RESULT_REJECTED: the cause is not for this key
 */
export async function openCause(
  { parsed, party, resultKey }: CauseQuestion,
  { blobs, verify }: CausePorts,
): Promise<ExplainedRefusal | null> {
  const read = async (suffix: string): Promise<Uint8Array | null> =>
    (await blobs.read(resultBlob(parsed, suffix), MAX_BYTES))?.bytes ?? null;
  const refusal = await read('refusal.jws');
  if (refusal === null) return null;
  const report = await read('refusal.report.json');
  if (report === null) throw rejected('the evidence of the room that refused is not there');
  const jws = (decodeUtf8(refusal) ?? '').trim();
  const bundle = bundleOfRoomEvidence(report, [jws]);
  const found = accepted(await verify(bundle))?.receipts.find(({ digest }) => digest === receiptDigest(jws));
  if (found === undefined)
    throw rejected('the evidence of the room that refused is not valid under this contract');
  const { receipt } = found;
  if (receipt.causes === null) return { receipt, cause: null };
  const causes = await read('causes.json');
  if (causes === null || sha256Hex(causes) !== receipt.causes)
    throw rejected('the stored causes are not those that the room signed for');
  const mine = parseCauses(causes)[party];
  if (mine === undefined) return { receipt, cause: null };
  const opened = await openResult(utf8(mine), (await resultKey()).export({ format: 'jwk' }));
  return { receipt, cause: parseCause(opened) };
}

function parseCauses(bytes: Uint8Array): Readonly<Record<string, string>> {
  const parsed = v.safeParse(Causes, parseStrictJson(decodeUtf8(bytes) ?? '', { maxDepth: 4 }));
  if (parsed.success) return parsed.output.causes;
  throw rejected('the stored causes are not of version 1');
}

function rejected(why: string): CleanroomError {
  return new CleanroomError('RECEIPT_REJECTED', why, {
    hint: 'See what the room does now: cleanroom status',
  });
}
