// What a verifier says, in one shape, and the plan that follows from it. Every surface makes its plan here: the command over a
// file, a directory or a URL, `attest` and `summary`, the library and the page.

import { type Anchors, PINNED_ANCHORS } from '../attestation/anchors.js';
import { expectationsOfContract } from '../attestation/contract-floors.js';
import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import { defaultExpectations, type Expectations } from '../attestation/expectations.js';
import { mergeStricter } from '../attestation/stricter.js';
import type { SealedBlobKeys } from './receipt-keys.js';
import { STATED_BY_CONTRACT, type StatedField } from './stated.js';
import { type VerificationPlan, verificationPlan } from './verification-plan.js';

/** The verifier's own; nothing of it may come from the evidence. */
export interface VerifierInput extends Partial<Omit<VerificationPlan, 'expectations' | 'stated' | 'crypto'>> {
  readonly crypto: SignatureCrypto;
  /** The pinned ones if absent. */
  readonly anchors?: Anchors;
  /** Of a file of expectations (`readAppraisal`). */
  readonly appraisal?: Partial<Expectations>;
  /** Stated one by one: a flag, a field of a form. */
  readonly stated?: Partial<Expectations>;
  /** Headers of sealed blobs that were found by the way: compared where that can be, and nothing fails where it cannot. */
  readonly sealedBeside?: readonly SealedBlobKeys[];
}

export interface VerifierPlan {
  readonly plan: VerificationPlan;
  /** What was asked for more loosely than something else demands, and therefore does not hold; a sentence each. */
  readonly looser: readonly string[];
}

/**
 * Contract, file and single statements each say what is expected, and are merged to the stricter value; the built-in defaults
 * count only where none of them says anything. Sealed blobs beside a contract ask for a result.
 *
 * @param now - the time of the verifier; `at` of file or statement comes before it
 */
export function verifierPlan(input: VerifierInput, now: Date): VerifierPlan {
  const { appraisal = {}, stated = {}, sealedBeside, anchors = PINNED_ANCHORS, ...rest } = input;
  const defaults = defaultExpectations(now);
  const { contract, sealed } = rest;
  // Without a contract, the verifier's own file replaces the defaults; a contract can only be tightened.
  const first =
    contract === undefined
      ? { expectations: { ...defaults, ...appraisal }, looser: [] }
      : mergeStricter(expectationsOfContract(contract.contract, defaults), appraisal);
  const second = mergeStricter(first.expectations, stated);
  const fields = [
    ...(contract === undefined ? [] : STATED_BY_CONTRACT),
    ...statedFields({ ...appraisal, ...stated }),
    ...(sealed === undefined ? [] : (['sealed'] as const)),
  ];
  const plan = verificationPlan({
    resultAsked: sealed !== undefined && contract !== undefined,
    ...rest,
    anchors,
    ...(sealed === undefined && sealedBeside !== undefined ? { sealed: sealedBeside } : {}),
    expectations: second.expectations,
    stated: [...new Set(fields)],
  });
  return { plan, looser: [...first.looser, ...second.looser] };
}

const FIELDS: Readonly<Partial<Record<keyof Expectations, StatedField>>> = {
  hostData: 'hostData',
  reportData: 'reportData',
  measurement: 'measurement',
  nonce: 'nonce',
  maxAgeMs: 'maxAge',
  logHeadMaxAgeMs: 'logHeadMaxAge',
  guestSvn: 'guestSvn',
  uvm: 'uvm',
  uvmMinSvn: 'uvmMinSvn',
  uvmRequired: 'uvmRequired',
  uvmTime: 'uvmTime',
  fixed: 'fixed',
  minTcb: 'minTcb',
  products: 'products',
  chips: 'chips',
  platform: 'platform',
  tokenIssuers: 'issuer',
  runtimeKeys: 'runtimeKeys',
  servicePolicy: 'servicePolicy',
  minReportVersion: 'minReportVersion',
  guestPolicy: 'guestPolicy',
  minAbi: 'minAbi',
  idKeys: 'idKeys',
  authorKeys: 'authorKeys',
  familyId: 'familyId',
  imageId: 'imageId',
  mitigations: 'mitigations',
  minFirmware: 'minFirmware',
  minCommittedTcb: 'minCommittedTcb',
};

function statedFields(stated: Partial<Expectations>): readonly StatedField[] {
  return Object.entries(FIELDS).flatMap(([key, field]) => {
    const value = stated[key as keyof Expectations];
    return value === undefined || value === false || value === 'signing-time' ? [] : [field];
  });
}
