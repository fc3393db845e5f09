// The `trust.emulated` field of a contract, from the anchors and TLS roots that a profile names.

import { sha256Hex } from '../base/bytes/digest.js';
import type { Contract } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { readFileBounded, readTextBounded } from '../base/files/read-bounded.js';
import type { Profile } from '../ports/profile.js';

const MAX_TRUST_FILE_BYTES = 1024 * 1024;

/** Digests of the profile's anchors and TLS roots; undefined where the profile is a real cloud's. */
export async function emulatedTrustOf(profile: Profile): Promise<Contract['trust']> {
  if (profile.anchors === undefined || profile.tlsRoots === undefined) return undefined;
  const anchors = await readFileBounded(profile.anchors, MAX_TRUST_FILE_BYTES);
  const tlsRoots = await readFileBounded(profile.tlsRoots, MAX_TRUST_FILE_BYTES);
  return { emulated: { anchors: `sha256:${sha256Hex(anchors)}`, tlsRoots: `sha256:${sha256Hex(tlsRoots)}` } };
}

/**
 * The PEM that a contract's `trust.emulated.tlsRoots` pins, read from the profile; null for a contract without it.
 *
 * @throws CleanroomError TRUST_MISMATCH if the profile has none or another one.
 */
export async function contractTlsRoots(contract: Contract, profile: Profile | null): Promise<string | null> {
  const pinned = contract.trust?.emulated.tlsRoots;
  if (pinned === undefined) return null;
  if (profile?.tlsRoots === undefined) {
    throw new CleanroomError(
      'TRUST_MISMATCH',
      'the contract is for a local Azure, and the profile names no TLS roots',
    );
  }
  const pem = await readTextBounded(profile.tlsRoots, MAX_TRUST_FILE_BYTES);
  if (`sha256:${sha256Hex(pem)}` !== pinned) {
    throw new CleanroomError(
      'TRUST_MISMATCH',
      `${profile.tlsRoots} is not the file that the contract's trust.emulated.tlsRoots pins`,
    );
  }
  return pem;
}
