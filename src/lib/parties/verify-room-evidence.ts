// Verification of a room's evidence under the expectations of a contract and the anchors of a profile.

import { dirname, join } from 'node:path';

import type { Anchors } from '../attestation/anchors.js';
import type { EvidenceBundle } from '../evidence/evidence-bundle.js';
import type { SealedBlobKeys } from '../evidence/receipt-keys.js';
import type { BundleAppraisal } from '../evidence/verify-bundle.js';
import { sha256Hex } from '../base/bytes/digest.js';
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

/** Verifies a bundle as the holder of `parsed` does. */
export async function verifyRoomEvidence(
  bundle: EvidenceBundle,
  {
    parsed,
    profile,
    nonce,
    sealed,
  }: {
    readonly parsed: ParsedContract;
    readonly profile: Profile | null;
    readonly nonce?: string;
    readonly sealed?: readonly SealedBlobKeys[];
  },
): Promise<BundleAppraisal> {
  const { verifyBundle } = await import('../evidence/verify-bundle.js');
  const { defaultExpectations } = await import('../attestation/expectations.js');
  const { expectationsOfContract } = await import('../attestation/contract-floors.js');
  const { nodeSignatureCrypto } = await import('../attestation/crypto/node-crypto.js');
  const expectations = expectationsOfContract(parsed.contract, defaultExpectations(new Date()));
  return verifyBundle(bundle, {
    anchors: await contractAnchors(parsed, profile),
    expectations: nonce === undefined ? expectations : { ...expectations, nonce },
    contract: parsed.digest,
    ...(sealed === undefined ? {} : { sealed }),
    crypto: nodeSignatureCrypto,
  });
}
