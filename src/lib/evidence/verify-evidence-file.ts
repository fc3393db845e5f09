// One piece of evidence, in whichever form it came, to a verdict.

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { BUNDLE_TYPE, MAX_BUNDLE_BYTES, parseBundle } from './evidence-bundle.js';
import { verifyBundle } from './verify-bundle.js';
import { CheckLog, inOrder } from '../attestation/check-log.js';
import { describeEvidence, type EvidenceSummary } from '../attestation/describe-evidence.js';
import { type EvidenceForm, recognizeEvidence } from '../attestation/foreign-forms.js';
import { serviceKeys } from '../attestation/maa/anchored-keys.js';
import type { ServiceKey } from '../attestation/maa/key-set.js';
import { appraisePolicyClaim } from '../attestation/maa/appraise-token.js';
import { checkAttestationToken } from '../attestation/maa/verify-attestation-token.js';
import type { EvidenceParts } from '../attestation/parse-evidence.js';
import type { VerifiedEvidence } from '../attestation/verify-evidence.js';
import { checkSnpEvidence, trustOf } from '../attestation/verify-snp-evidence.js';
import { CleanroomError } from '../base/errors.js';
import { type Check, decide, type Trust, type Verdict } from '../base/verdict/check.js';
import type { VerificationPlan } from './verification-plan.js';

/** A verdict, with what the evidence says of itself; believe that only where the verdict is `accepted`. */
export interface VerifiedFile extends Verdict {
  readonly form: 'bundle' | 'pieces' | 'security-context' | EvidenceForm;
  readonly evidence: EvidenceSummary;
}

/** Pieces that came beside a file. */
export type LoosePieces = Pick<EvidencePieces, 'parts' | 'token'>;

/** No pieces. */
export const NO_PIECES: LoosePieces = { parts: {} };

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
  if (bytes.length > MAX_BUNDLE_BYTES) {
    throw new CleanroomError('EVIDENCE_MALFORMED', `the evidence is larger than ${MAX_BUNDLE_BYTES} bytes`);
  }
  if (isBundle(bytes)) {
    if (beside !== NO_PIECES)
      throw carried('pieces; hold a bundle against yours with -f, --host-data or --report-data');
    return verifyBundleFile(bytes, plan);
  }
  const found = recognizeEvidence(bytes);
  if (found === null) {
    throw new CleanroomError(
      'EVIDENCE_UNKNOWN_FORM',
      'the file is in none of the evidence forms that are known',
    );
  }
  return verifyPieces(joinPieces(found, beside), plan);
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
  return { ...beside, ...found, parts: { ...beside.parts, ...found.parts } };
}

function carried(what: string): CleanroomError {
  return new CleanroomError('USAGE', `the evidence carries its own ${what}`);
}

/* By its first bytes: in canonical order `certificates` comes before `type`, so the whole text is looked at. */
function isBundle(bytes: Uint8Array): boolean {
  const text = decodeUtf8(bytes);
  return text !== null && text.trimStart().startsWith('{') && text.includes(`"${BUNDLE_TYPE}"`);
}

async function verifyBundleFile(bytes: Uint8Array, plan: VerificationPlan): Promise<VerifiedFile> {
  const bundle = parseBundle(bytes);
  const { verdict, evidence, token } = await verifyBundle(
    plan.crls.length === 0 ? bundle : { ...bundle, crls: [...(bundle.crls ?? []), ...plan.crls] },
    {
      anchors: plan.anchors,
      expectations: plan.expectations,
      ...(plan.contract === undefined ? {} : { contract: plan.contract }),
      ...(plan.tokenKeys === null ? {} : { tokenKeys: plan.tokenKeys }),
      ...(plan.sealed === undefined ? {} : { sealed: plan.sealed }),
      crypto: plan.crypto,
      required: plan.required,
    },
  );
  return {
    form: 'bundle',
    ...settle(verdict.checks, verdict.trust, plan, []),
    evidence: describeEvidence(evidence, token, bundle.collected),
  };
}

export interface EvidencePieces {
  readonly form: VerifiedFile['form'];
  readonly parts: EvidenceParts;
  readonly token?: string;
}

/** Verifies pieces: raw evidence, a token, or both. */
export async function verifyPieces(pieces: EvidencePieces, plan: VerificationPlan): Promise<VerifiedFile> {
  const raw = hasRawEvidence(pieces)
    ? await checkSnpEvidence({ ...withLists(pieces.parts, plan), ...plan })
    : null;
  const keys = keysOf(plan);
  const judged =
    pieces.token === undefined ? null : await checkToken(pieces.token, raw?.evidence ?? null, keys, plan);
  const policyClaim = raw === null && judged?.token != null ? appraisePolicyClaim(judged.token) : [];
  const checks = inOrder(raw?.checks ?? [], judged?.checks ?? [], policyClaim);
  const trust = raw === null ? tokenTrust(plan) : trustOf(plan, pieces.parts);
  return {
    form: pieces.form,
    ...settle(checks, trust, plan, requiredOf(pieces, keys, plan)),
    evidence: describeEvidence(raw?.evidence ?? null, judged?.token ?? null, null),
  };
}

function withLists(parts: EvidenceParts, { crls }: VerificationPlan): EvidenceParts {
  return crls.length === 0 ? parts : { ...parts, crls };
}

function keysOf(plan: VerificationPlan): readonly ServiceKey[] | null {
  const anchored = serviceKeys(plan.anchors).keys;
  return plan.tokenKeys ?? (anchored.length === 0 ? null : anchored);
}

function checkToken(
  token: string,
  evidence: VerifiedEvidence | null,
  keys: readonly ServiceKey[] | null,
  { anchors, expectations, crypto }: VerificationPlan,
): ReturnType<typeof checkAttestationToken> {
  const anchored = serviceKeys(anchors).issuers;
  const report = evidence?.report ?? null;
  return checkAttestationToken({
    token: token.trim(),
    keys,
    issuers: expectations.tokenIssuers ?? (anchored.length === 0 ? undefined : anchored),
    at: expectations.at,
    crypto,
    expectations: {
      ...expectations,
      ...(report === null ? {} : { report: { fields: report, product: evidence?.product ?? null } }),
    },
  });
}

/* What has to have been made, given what there is: evidence that nobody signed proves nothing. */
function requiredOf(
  pieces: EvidencePieces,
  keys: readonly unknown[] | null,
  plan: VerificationPlan,
): readonly string[] {
  const { report, endorsements } = pieces.parts;
  const hasRaw = hasRawEvidence(pieces);
  return [
    ...plan.required,
    ...(report !== undefined && endorsements === undefined ? ['REPORT_SIGNATURE'] : []),
    ...(!hasRaw && keys === null ? ['JWT_SIGNATURE'] : []),
  ];
}

function hasRawEvidence({ parts }: EvidencePieces): boolean {
  return [parts.report, parts.endorsements, parts.uvm].some((part) => part !== undefined);
}

function tokenTrust(plan: VerificationPlan): Trust {
  return plan.anchors.source === 'file' ? 'emulated' : 'service';
}

/* Trust that ends in a file is refused unless the caller asked for it; the check says so. */
function settle(
  checks: readonly Check[],
  trust: Trust,
  { emulatedAllowed }: VerificationPlan,
  required: readonly string[],
): Verdict {
  if (trust !== 'emulated') return decide(checks, trust, required);
  const log = new CheckLog();
  log.record('TRUST_ROOTS', emulatedAllowed, {
    expected: 'hardware, or --allow-emulated',
    actual: 'roots from a file, or a UVM signer that is not Microsoft',
    reason: 'the roots of trust vouch for no hardware; --allow-emulated accepts them',
  });
  return decide(inOrder(checks, log.checks()), trust, required);
}
