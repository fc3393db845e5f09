// The three steps in one call, for callers that want the verdict: parse, verify, appraise, decide.

import { decide, type Check, type Trust, type Verdict } from '../base/verdict/check.js';
import { type Anchors, MICROSOFT_ACI_UVM, type UvmAnchor } from './anchors.js';
import { appraiseEvidence } from './appraise-evidence.js';
import { inOrder } from './check-log.js';
import type { SignatureCrypto } from './crypto/signature-crypto.js';
import type { Expectations } from './expectations.js';
import { type EvidenceParts, parseEvidence } from './parse-evidence.js';
import { type VerifiedEvidence, verifyEvidence } from './verify-evidence.js';

export interface SnpEvidenceRequest extends EvidenceParts {
  readonly anchors: Anchors;
  readonly expectations: Expectations;
  readonly crypto: SignatureCrypto;
  /** Checks that have to have been made: a skip of one of them is a failure. */
  readonly required?: readonly string[];
}

export interface SnpAppraisal {
  readonly verdict: Verdict;
  /** Its fields are to be believed only where the verdict is `accepted`. */
  readonly evidence: VerifiedEvidence;
}

/**
 * Verifies raw SEV-SNP evidence: report, AMD chain, UVM endorsement, policy, runtime data, as far as given.
 * Offline; all checks run and are listed, the ones that could not be made as skipped.
 *
 * @returns the verdict; never throws for what the evidence is.
 */
export async function verifySnpEvidence(request: SnpEvidenceRequest): Promise<SnpAppraisal> {
  const { evidence, checks } = await checkSnpEvidence(request);
  const trust = trustOf(request, evidence.parts);
  return { verdict: decide(checks, trust, request.required), evidence };
}

/** As verifySnpEvidence, without the decision: for a caller with more checks to make. */
export async function checkSnpEvidence(
  request: Omit<SnpEvidenceRequest, 'required'>,
): Promise<{ readonly evidence: VerifiedEvidence; readonly checks: readonly Check[] }> {
  const { anchors, expectations, crypto } = request;
  const uvm = trustedUvm(anchors, expectations);
  const evidence = await verifyEvidence(parseEvidence(partsOf(request)), {
    anchors,
    crypto,
    at: expectations.at,
    uvmTime: expectations.uvmTime,
    uvm,
  });
  const appraisal = await appraiseEvidence(evidence, { expectations, feed: uvm.feed, crypto });
  return { evidence, checks: inOrder(evidence.checks, appraisal) };
}

/** The UVM signer that is believed: the anchors' own, where the verifier names no other. */
export function trustedUvm(anchors: Anchors, expectations: Expectations): UvmAnchor {
  return { ...anchors.uvm, ...expectations.uvm };
}

/**
 * Where the trust ends: `hardware` for a chain to AMD's pinned roots under Microsoft's UVM signer; `service` where only
 * Microsoft's endorsement is there; `emulated` for anything read from a file or chosen otherwise.
 */
export function trustOf(
  { anchors, expectations }: Pick<SnpEvidenceRequest, 'anchors' | 'expectations'>,
  parts: EvidenceParts,
): Trust {
  const uvm = trustedUvm(anchors, expectations);
  const pinned =
    anchors.source === 'pinned' && uvm.did === MICROSOFT_ACI_UVM.did && uvm.feed === MICROSOFT_ACI_UVM.feed;
  if (!pinned) return 'emulated';
  return parts.report === undefined && parts.endorsements === undefined ? 'service' : 'hardware';
}

function partsOf(request: EvidenceParts): EvidenceParts {
  const { report, endorsements, uvm, policy, runtimeData, crls } = request;
  return {
    ...(report === undefined ? {} : { report }),
    ...(endorsements === undefined ? {} : { endorsements }),
    ...(uvm === undefined ? {} : { uvm }),
    ...(policy === undefined ? {} : { policy }),
    ...(runtimeData === undefined ? {} : { runtimeData }),
    ...(crls === undefined ? {} : { crls }),
  };
}
