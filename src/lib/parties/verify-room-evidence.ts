// Verification of a room's evidence under the expectations of a contract and the anchors of a profile.

import { dirname, join } from 'node:path';

import type { Anchors } from '../attestation/anchors.js';
import type { EvidenceBundle } from '../evidence/evidence-bundle.js';
import type { KnownPlace } from '../evidence/receipt-places.js';
import type { SealedBlobKeys } from '../evidence/receipt-keys.js';
import type { VerifiedFile } from '../evidence/verify-evidence-file.js';
import type { FoundConsent } from '../contract/consent.js';
import { sha256Hex } from '../base/bytes/digest.js';
import type { Check } from '../base/verdict/check.js';
import type { ParsedContract } from '../contract/check.js';
import { CleanroomError } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import type { Profile } from '../ports/profile.js';

/**
 * The anchors that a contract calls for: the pinned ones; for a contract of a local Azure those of the profile, whose
 * file must have the digest that the contract pins.
 *
 * @throws CleanroomError TRUST_MISMATCH
 */
export async function contractAnchors(parsed: ParsedContract, profile: Profile | null): Promise<Anchors> {
  const { parseAnchors, PINNED_ANCHORS } = await import('../attestation/anchors.js');
  const pinned = parsed.contract.trust?.emulated.anchors;
  if (pinned === undefined) return PINNED_ANCHORS;
  const path =
    profile?.anchors ?? (profile === null ? undefined : join(dirname(profile.source), 'anchors.json'));
  if (path === undefined)
    throw new CleanroomError(
      'TRUST_MISMATCH',
      'the contract is for a local Azure, and the profile names no anchors',
    );
  const text = await readTextBounded(path, 4 * 1024 * 1024);
  if (`sha256:${sha256Hex(text)}` !== pinned) {
    throw new CleanroomError(
      'TRUST_MISMATCH',
      `${path} is not the file that the contract's trust.emulated.anchors pins`,
    );
  }
  return parseAnchors(text);
}

export interface RoomQuestion {
  readonly parsed: ParsedContract;
  readonly profile: Profile | null;
  /** Consent signatures that the verifier holds. */
  readonly consents: readonly FoundConsent[];
  readonly nonce?: string;
  /** Hash of the policy that the verifier holds. */
  readonly hostData?: string | undefined;
  readonly sealed?: readonly SealedBlobKeys[];
  /** Places of the budget that are known from elsewhere. */
  readonly knownPlaces?: readonly KnownPlace[];
  /** Whether a result has to be proven. */
  readonly resultAsked?: boolean;
  /** Ids of statements and checks that have to hold besides. */
  readonly required?: readonly string[];
  /** Checks of what came beside the evidence. */
  readonly further?: readonly Check[];
}

/** Verifies a bundle as the holder of a contract does. A contract of a local Azure was accepted when it was signed. */
export async function verifyRoomEvidence(
  bundle: EvidenceBundle,
  question: RoomQuestion,
): Promise<VerifiedFile> {
  const { parsed, profile, consents, nonce, hostData, sealed, resultAsked = false } = question;
  const { required = [], further = [], knownPlaces = [] } = question;
  const { verifyPieces } = await import('../evidence/verify-evidence-file.js');
  const { piecesOfBundle } = await import('../evidence/evidence-pieces.js');
  const { verifierPlan } = await import('../evidence/verifier-plan.js');
  const { nodeSignatureCrypto } = await import('../attestation/crypto/node-crypto.js');
  const { programJudge } = await import('./known-programs.js');
  const { referenceInUse } = await import('./reference/reference-in-use.js');
  const { plan } = verifierPlan(
    {
      contract: parsed,
      consents,
      ...(await referenceInUse()),
      judgeProgram: await programJudge(parsed),
      anchors: await contractAnchors(parsed, profile),
      stated: {
        ...(nonce === undefined ? {} : { nonce }),
        ...(hostData === undefined ? {} : { hostData }),
      },
      required,
      knownPlaces,
      resultAsked,
      emulatedAllowed: parsed.contract.trust?.emulated !== undefined,
      ...(sealed === undefined ? {} : { sealedBeside: sealed }),
      crypto: nodeSignatureCrypto,
    },
    new Date(),
  );
  return verifyPieces(piecesOfBundle(bundle), plan, further);
}
