// One engine for every surface: evidence in whichever form it came, a plan, and the verdict.

import { referenceWarnings } from './describe-reference.js';
import { ageInDays } from '../contract/published/reference-classes.js';
import { decodeUtf8 } from '../base/bytes/arrays.js';
import { CleanroomError } from '../base/errors.js';
import type { Check } from '../base/verdict/check.js';
import type { Judgement, Subject } from '../base/verdict/statement.js';
import { describeEvidence, type EvidenceSummary } from '../attestation/describe-evidence.js';
import { recognizeEvidence } from '../attestation/foreign-forms.js';
import { CheckLog, inOrder } from '../attestation/check-log.js';
import type { VerifiedEvidence } from '../attestation/verify-evidence.js';
import { usesPinnedRoots } from '../attestation/verify-snp-evidence.js';
import { BUNDLE_TYPE, MAX_BUNDLE_BYTES, parseBundle } from './evidence-bundle.js';
import { type EvidencePieces, type LoosePieces, NO_PIECES, piecesOfBundle } from './evidence-pieces.js';
import { checkEvidence, type CheckedEvidence } from './check-evidence.js';
import { judge } from './judge.js';
import { questionOf } from './question.js';
import type { ReadReceipt } from './receipt.js';
import type { RoomRuntimeData } from './room-runtime-data.js';
import type { VerificationPlan } from './verification-plan.js';
import { warningsOf } from './warnings.js';

/** A verdict as commands print it. */
export interface VerifiedFile extends Judgement, Subject {
  readonly form: EvidencePieces['form'];
  /** What the evidence says; null unless the verdict is `accepted`. */
  readonly evidence: EvidenceSummary | null;
}

/** What may be believed. */
export interface AcceptedEvidence {
  readonly evidence: VerifiedEvidence;
  readonly room: RoomRuntimeData | null;
  readonly receipts: readonly ReadReceipt[];
}

const believed = new WeakMap<VerifiedFile, AcceptedEvidence>();

/** The fields of the evidence, of an accepted verdict only: there is no other way to them. */
export function accepted(verdict: VerifiedFile): AcceptedEvidence | null {
  return believed.get(verdict) ?? null;
}

/**
 * Verifies the bytes of a file: a bundle, or one of the foreign forms.
 *
 * @param beside - pieces that the file does not carry, such as policy and runtime data of a sidecar's answer.
 * @throws CleanroomError EVIDENCE_UNKNOWN_FORM, EVIDENCE_MALFORMED (a form that is known by its members, damaged), USAGE
 *   for a piece that the file carries itself: which of the two was meant cannot be known.
 */
export async function verifyEvidenceFile(
  bytes: Uint8Array,
  plan: VerificationPlan,
  beside: LoosePieces = NO_PIECES,
): Promise<VerifiedFile> {
  return verifyPieces(readEvidence(bytes, beside), plan);
}

/** The pieces of a file, and those beside it. @throws CleanroomError as verifyEvidenceFile */
export function readEvidence(bytes: Uint8Array, beside: LoosePieces = NO_PIECES): EvidencePieces {
  if (bytes.length > MAX_BUNDLE_BYTES)
    throw new CleanroomError('EVIDENCE_MALFORMED', `the evidence is larger than ${MAX_BUNDLE_BYTES} bytes`);
  if (isBundle(bytes)) return joinPieces(piecesOfBundle(parseBundle(bytes)), beside);
  const found = recognizeEvidence(bytes);
  if (found === null)
    throw new CleanroomError(
      'EVIDENCE_UNKNOWN_FORM',
      'the file is in none of the evidence forms that are known',
    );
  return joinPieces(found, beside);
}

/**
 * A file's evidence and the pieces beside it.
 *
 * @throws CleanroomError USAGE for a piece that both have.
 */
export function joinPieces(found: EvidencePieces, beside: LoosePieces): EvidencePieces {
  const both = Object.keys(beside.parts).find((part) => Object.hasOwn(found.parts, part));
  if (both !== undefined) throw carried(both);
  if (found.token !== undefined && beside.token !== undefined) throw carried('token');
  const statements = [...(found.statements ?? []), ...(beside.statements ?? [])];
  return {
    ...beside,
    ...found,
    parts: { ...beside.parts, ...found.parts },
    ...(statements.length === 0 ? {} : { statements }),
  };
}

function carried(what: string): CleanroomError {
  return new CleanroomError('USAGE', `the evidence carries its own ${what}`, {
    hint: 'Compare it with yours: -f contract.yaml, --policy FILE, --host-data HEX or --report-data HEX.',
  });
}

/* By its first bytes: in canonical order `certificates` comes before `type`, so the whole text is looked at. */
function isBundle(bytes: Uint8Array): boolean {
  const text = decodeUtf8(bytes);
  return text !== null && text.trimStart().startsWith('{') && text.includes(`"${BUNDLE_TYPE}"`);
}

/**
 * Verifies pieces: raw evidence, a token, a whole bundle's. Never throws for what the evidence is.
 *
 * @param further - checks that the caller made on what is not evidence, such as an opened result.
 */
export async function verifyPieces(
  pieces: EvidencePieces,
  plan: VerificationPlan,
  further: readonly Check[] = [],
): Promise<VerifiedFile> {
  const checked = await checkEvidence(pieces, plan);
  const question = questionOf(pieces, plan);
  const emulated = checked.emulatedContract || !usesPinnedRoots(plan);
  const checks = inOrder(checked.checks, further, emulatedTrust(emulated, plan));
  const judgement = judge(checks, question, { emulated });
  const subject = subjectOf(plan);
  const result: VerifiedFile = {
    ...judgement,
    warnings: [...warningsOf(judgement, pieces), ...referenceWarnings(subject.reference)],
    ...subject,
    form: pieces.form,
    evidence:
      judgement.verdict === 'accepted'
        ? describeEvidence(checked.evidence, checked.token, pieces.collected ?? null)
        : null,
  };
  if (result.verdict === 'accepted') believed.set(result, believable(checked));
  return result;
}

function subjectOf({ contract, expectations, reference, referenceFrom }: VerificationPlan): Subject {
  const named = contract && {
    name: contract.contract.name,
    digest: contract.digest,
    parties: contract.contract.parties.map(({ id }) => id),
  };
  const { at } = expectations;
  const referenceInUse = { date: reference.date, ageDays: ageInDays(reference, at), ...referenceFrom };
  return { contract: named ?? null, at: expectations.at.toISOString(), reference: referenceInUse };
}

function believable({ evidence, room, receipts }: CheckedEvidence): AcceptedEvidence {
  return { evidence, room, receipts };
}

/* Roots that vouch for no hardware are refused unless the verifier asked for them; the check says so. */
function emulatedTrust(emulated: boolean, { emulatedAllowed }: VerificationPlan): readonly Check[] {
  if (!emulated) return [];
  const log = new CheckLog();
  log.record('TRUST_ROOTS', emulatedAllowed, {
    expected: 'hardware, or --allow-emulated',
    actual: 'roots from a file, a UVM signer that is not Microsoft’s, or a contract of a local Azure',
    reason: 'the roots of trust vouch for no hardware; --allow-emulated accepts them',
  });
  return log.checks();
}
