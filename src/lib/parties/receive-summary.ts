// A recipient's step: fetch, open, and believe nothing before the receipt holds.

import type { JsonWebKey, KeyObject } from 'node:crypto';

import type { SealedBlobKeys } from '../evidence/receipt-keys.js';
import { type KnownPlace, placeOf } from '../evidence/receipt-places.js';
import { parseReceipt, type Receipt } from '../evidence/receipt.js';
import { accepted, type VerifiedFile } from '../evidence/verify-evidence-file.js';
import { decodeUtf8 } from '../base/bytes/arrays.js';
import { sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import type { ContractBlob } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import type { EvidenceBundle } from '../evidence/evidence-bundle.js';
import { parseResult, type ResultDocument } from '../summarizer/result-document.js';
import { openResult } from '../summarizer/sealed-result.js';
import type { Check } from '../base/verdict/check.js';
import { CheckLog } from '../attestation/check-log.js';
import type { CheckId } from '../attestation/check-ids.js';
import { readSealedKeys } from './sealed-keys.js';
import type { SeenResults } from './seen-results.js';
import { readStoredPlaces, type StoredPlaces } from './stored-places.js';
import { bundleOfRoomEvidence } from './collect-evidence.js';
import type { BlobStore, Clock } from '../ports/ports.js';

const MAX_RESULT_BYTES = 64 * 1024 * 1024;
const MAX_EVIDENCE_BYTES = 16 * 1024 * 1024;

export interface ReceiveInput {
  readonly parsed: ParsedContract;
  /** The recipient's private result key. */
  readonly resultKey: KeyObject;
}

export interface ReceivePorts {
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** Verifies the evidence of the room that signed the receipt, under the recipient's own anchors. */
  readonly verify: (bundle: EvidenceBundle, beside: VerifiedBeside) => Promise<VerifiedFile>;
  /** Verifies the evidence of a room that refused: the same, but that no result has to be proven. */
  readonly verifyRefusal: (bundle: EvidenceBundle) => Promise<VerifiedFile>;
  /** What this recipient accepted before. */
  readonly seen: SeenResults;
}

/** What the evidence is held against, besides the contract. */
export interface VerifiedBeside {
  readonly sealed: readonly SealedBlobKeys[];
  /** Places of the budget that are known from storage, from a refusal and from results that were accepted before. */
  readonly knownPlaces: readonly KnownPlace[];
  /** Made on the opened result. */
  readonly further: readonly Check[];
}

/** The checks by which a recipient believes that the text which was opened is the one of the verdict. */
export const CHECKS_OF_RECIPIENT = [
  'RECEIPT_SIGNATURE',
  'RECEIPT_CONTRACT',
  'RECEIPT_REPORT',
  'RECEIPT_OUTPUT',
  'RECEIPT_SEALED',
  'RECEIPT_INPUTS',
] as const satisfies readonly CheckId[];

export interface ReceivedSummary {
  /** Of the contract. */
  readonly name: string;
  readonly document: ResultDocument;
  readonly receipt: Receipt;
  readonly receiptJws: string;
  readonly bundle: EvidenceBundle;
  readonly verdict: VerifiedFile;
  /** What storage shows beside the result: another version of a dataset, a run after it that gave none. Sentences; often none. */
  readonly beside: readonly string[];
}

/**
 * Fetches the sealed result, its receipt and the evidence of the room, and checks that they belong together.
 * The document is returned also where the verdict is a refusal: the caller decides what to show.
 *
 * @throws CleanroomError RESULT_NOT_THERE, RESULT_WAS_REFUSED, SEALED_RESULT_REJECTED, RECEIPT_REJECTED, ROOM_EVIDENCE_MALFORMED
 */
export async function receiveSummary(input: ReceiveInput, ports: ReceivePorts): Promise<ReceivedSummary> {
  const { parsed } = input;
  const sealed = await ports.blobs.read(resultBlob(parsed, 'result.json'), MAX_RESULT_BYTES);
  if (sealed === null) throw await explainMissing(parsed, ports);
  const receiptJws = await readText(parsed, 'receipt.jws', ports);
  const evidence = await ports.blobs.read(resultBlob(parsed, 'report.json'), MAX_EVIDENCE_BYTES);
  if (evidence === null)
    throw new CleanroomError(
      'RESULT_NOT_THERE',
      'the evidence of the room that made the result is not there',
    );
  const bundle = bundleOfRoomEvidence(evidence.bytes, [receiptJws]);
  const keys = await readSealedKeys(parsed, ports.blobs);
  // Who signed it, the verdict says: until then it is compared, and not believed.
  const { receipt } = parseReceipt(receiptJws);
  const opened = await openResult(sealed.bytes, exportPrivate(input.resultKey));
  const document = parseResult(opened);
  const checks = new CheckLog();
  const same = (id: CheckId, expected: string, actual: string): void =>
    checks.record(id, expected === actual, { expected, actual });
  same('RECEIPT_OUTPUT', receipt.output?.digest ?? 'none', sha256Hex(opened));
  same('RECEIPT_SEALED', receipt.output?.sealed ?? 'none', sha256Hex(sealed.bytes));
  same('RECEIPT_REPORT', receipt.report, sha256Hex(bundle.report));
  same('RECEIPT_INPUTS', receipt.inputsDigest ?? 'none', document.inputs);
  const refusal = await findRefusal(parsed, ports);
  const place = placeOf(receipt);
  const stored = place === null ? NOTHING_STORED : await readStoredPlaces(parsed, place.place, ports.blobs);
  const knownPlaces = [...stored.known, ...placesOfRefusal(refusal), ...(await ports.seen.read())];
  const verdict = await ports.verify(bundle, { sealed: keys, knownPlaces, further: checks.checks() });
  if (verdict.verdict === 'accepted' && place !== null) await ports.seen.add(place);
  const beside = [
    ...otherVersions(receipt, keys),
    ...laterRefusal(receipt, refusal),
    ...stored.removed.map(
      (url) => `the budget entry ${url} of this summary is gone: a run that follows may take its place again`,
    ),
  ];
  return { name: parsed.contract.name, document, receipt, receiptJws, bundle, verdict, beside };
}

/* As far as blobs may be read: which of two versions is the newer, their owner knows. */
function otherVersions({ inputs }: Receipt, keys: readonly SealedBlobKeys[]): readonly string[] {
  const nameOf = (keyUrl: string): string => keyUrl.slice(0, keyUrl.lastIndexOf('/'));
  return inputs.flatMap(({ dataset, version, header, key }) => {
    const stored = keys.find(({ recipients }) => recipients.some(({ kid }) => nameOf(kid) === nameOf(key)));
    return stored === undefined || stored.header === header
      ? []
      : [`storage has another version of ${dataset} than version ${version}, of which this summary was made`];
  });
}

const NOTHING_STORED: StoredPlaces = { known: [], removed: [] };

/* The signed receipt of the last run without a result; null where there is none that holds. */
async function findRefusal(parsed: ParsedContract, ports: ReceivePorts): Promise<Receipt | null> {
  try {
    return (await readRefusal(parsed, ports))?.signed ?? null;
  } catch (cause) {
    if (cause instanceof CleanroomError) return null;
    throw cause;
  }
}

function placesOfRefusal(signed: Receipt | null): readonly KnownPlace[] {
  const place = signed === null ? null : placeOf(signed);
  return place === null ? [] : [{ ...place, from: 'the receipt of the last run without a result' }];
}

function laterRefusal({ time }: Receipt, signed: Receipt | null): readonly string[] {
  if (signed === null || Date.parse(signed.time) <= Date.parse(time)) return [];
  return [`a later run gave no result: ${signed.refusal ?? 'no code'}, ${signed.time}`];
}

/** One of the blobs that a room leaves: `NAME.result.json`, `NAME.receipt.jws`, `NAME.report.json`, `NAME.refusal.jws`. */
export function resultBlob({ contract }: ParsedContract, suffix: string): ContractBlob {
  return { ...contract.room.resultBlob, name: `${contract.room.resultBlob.name}.${suffix}` };
}

async function readText(parsed: ParsedContract, suffix: string, { blobs }: ReceivePorts): Promise<string> {
  const stored = await blobs.read(resultBlob(parsed, suffix), MAX_EVIDENCE_BYTES);
  const text = stored === null ? null : decodeUtf8(stored.bytes);
  if (text === null) throw new CleanroomError('RESULT_NOT_THERE', `the result has no ${suffix}`);
  return text.trim();
}

/** Whether the room is not done yet, or has refused. */
async function explainMissing(parsed: ParsedContract, ports: ReceivePorts): Promise<CleanroomError> {
  const refusal = await readRefusal(parsed, ports);
  if (refusal === null) {
    return new CleanroomError('RESULT_NOT_THERE', `there is no result of ${parsed.contract.name} yet`, {
      hint: 'See how far the room is: cleanroom status',
    });
  }
  const { signed } = refusal;
  if (signed === null)
    return new CleanroomError(
      'RECEIPT_REJECTED',
      'there is a refusal beside the result, and no room of this contract is shown to have signed it',
      { hint: 'See how far the room is: cleanroom status' },
    );
  const code = signed.refusal ?? 'no code';
  return new CleanroomError('RESULT_WAS_REFUSED', `the room gave no result: ${code}, ${signed.time}`, {
    hint: `See what it means: cleanroom why ${code}`,
  });
}

/* The receipt of the last run without a result; not signed where no room of verified evidence has. */
async function readRefusal(
  parsed: ParsedContract,
  ports: ReceivePorts,
): Promise<{ readonly signed: Receipt | null } | null> {
  const refusal = await ports.blobs.read(resultBlob(parsed, 'refusal.jws'), MAX_EVIDENCE_BYTES);
  if (refusal === null) return null;
  const evidence = await ports.blobs.read(resultBlob(parsed, 'refusal.report.json'), MAX_EVIDENCE_BYTES);
  const text = (decodeUtf8(refusal.bytes) ?? '').trim();
  const verdict =
    evidence === null ? null : await ports.verifyRefusal(bundleOfRoomEvidence(evidence.bytes, [text]));
  const [signed] = verdict === null ? [] : (accepted(verdict)?.receipts ?? []);
  return { signed: signed?.receipt ?? null };
}

function exportPrivate(key: KeyObject): JsonWebKey {
  return key.export({ format: 'jwk' });
}
