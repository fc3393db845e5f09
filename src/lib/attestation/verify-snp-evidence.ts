// The three steps over raw evidence in one call: parse, verify, appraise. What they mean is decided by evidence/judge.ts.

import type { Check } from '../base/verdict/check.js';
import type { ReferenceTable } from '../contract/published/reference-table.js';
import { REFERENCE_VALUES } from '../contract/published/reference-values.js';
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
  /** Revocation lists of the verifier's own, DER; those in `crls` came with the evidence. */
  readonly ownCrls?: readonly Uint8Array[];
  /** What is known of firmware and ledgers; the built-in table if absent. */
  readonly reference?: ReferenceTable;
}

/** Makes every check over raw SEV-SNP evidence, as far as it is given, offline; none decides anything alone. */
export async function checkSnpEvidence(
  request: SnpEvidenceRequest,
): Promise<{ readonly evidence: VerifiedEvidence; readonly checks: readonly Check[] }> {
  const { anchors, expectations, crypto, reference = REFERENCE_VALUES } = request;
  const uvm = trustedUvm(anchors, expectations);
  const evidence = await verifyEvidence(parseEvidence(partsOf(request)), {
    anchors,
    crypto,
    at: expectations.at,
    uvmTime: expectations.uvmTime,
    uvm,
    crls: request.ownCrls ?? [],
    ledgers: reference.ledgers,
  });
  const appraisal = await appraiseEvidence(evidence, {
    expectations,
    feed: uvm.feed,
    reference: usesPinnedRoots(request) ? reference : null,
    crypto,
  });
  return { evidence, checks: inOrder(evidence.checks, appraisal) };
}

/** The UVM signer that is believed: the anchors' own, where the verifier names no other. */
export function trustedUvm(anchors: Anchors, expectations: Expectations): UvmAnchor {
  return { ...anchors.uvm, ...expectations.uvm };
}

/** Whether AMD's pinned roots and Microsoft's UVM signer are what is believed: anything else is emulated. */
export function usesPinnedRoots({
  anchors,
  expectations,
}: Pick<SnpEvidenceRequest, 'anchors' | 'expectations'>): boolean {
  const uvm = trustedUvm(anchors, expectations);
  return (
    anchors.source === 'pinned' && uvm.did === MICROSOFT_ACI_UVM.did && uvm.feed === MICROSOFT_ACI_UVM.feed
  );
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
