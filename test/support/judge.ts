// Raw evidence and bundles, judged as the engine judges them: for tests of single checks.

import type { EvidenceBundle } from '../../src/lib/evidence/evidence-bundle.js';
import { type EvidencePieces, piecesOfBundle } from '../../src/lib/evidence/evidence-pieces.js';
import { type VerificationPlan, verificationPlan } from '../../src/lib/evidence/verification-plan.js';
import { type VerifiedFile, verifyPieces } from '../../src/lib/evidence/verify-evidence-file.js';
import type { EvidenceParts } from '../../src/lib/attestation/parse-evidence.js';

type Given = Pick<VerificationPlan, 'anchors' | 'expectations' | 'crypto'> & Partial<VerificationPlan>;

export interface Judged {
  readonly verdict: VerifiedFile;
}

/** Emulated roots are allowed: what they are good for is another test's. */
export async function judgePieces(pieces: EvidencePieces, given: Given): Promise<Judged> {
  return { verdict: await verifyPieces(pieces, verificationPlan({ emulatedAllowed: true, ...given })) };
}

/** Raw evidence; `crls` came with it, `ownCrls` are the verifier's. Its scope is that of the strongest piece there is. */
export function judgeRaw({
  anchors,
  expectations,
  crypto,
  required = [],
  crls = [],
  ownCrls = [],
  ...parts
}: EvidenceParts & Omit<Given, 'crls'> & { readonly ownCrls?: readonly Uint8Array[] }): Promise<Judged> {
  const scope = parts.report !== undefined && parts.uvm === undefined ? ({ scope: 'report' } as const) : {};
  return judgePieces(
    { form: 'pieces', parts: { ...parts, crls } },
    { anchors, expectations, crypto, required, crls: ownCrls, ...scope },
  );
}

export function judgeBundle(bundle: EvidenceBundle, given: Given): Promise<Judged> {
  return judgePieces(piecesOfBundle(bundle), given);
}
