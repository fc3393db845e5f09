// The release policies of a run's keys, for the evidence: the room gets keys and not their policies, but it knows from contract
// and policy which one an owner has to demand, and each owner signed the digest of what its vault keeps.

import { releasePolicyOf } from '../contract/release-policy/build.js';
import { releasePolicyDigest } from '../contract/release-policy/policy-digest.js';
import { renderReleasePolicy } from '../contract/release-policy/grammar.js';
import type { VaultKeyAttestation } from '../contract/key-attestation-file.js';
import type { Contract } from '../contract/schema.js';
import type { SealStatement } from '../contract/seal-statement-form.js';
import type { BroughtReleasePolicy } from '../evidence/evidence-bundle.js';
import type { Sha256Hex } from '../base/bytes/digest.js';

/**
 * Those policies that are the contract's own, to the digest. Another one, stricter perhaps, only its owner can show.
 *
 * @throws CleanroomError POLICY_PUBLIC
 */
export function statedReleasePolicies(
  contract: Contract,
  policyHash: Sha256Hex,
  statements: readonly (Pick<SealStatement, 'key' | 'releasePolicy'> & {
    readonly keyAttestation?: VaultKeyAttestation | null;
  })[],
): readonly BroughtReleasePolicy[] {
  if (statements.every(({ releasePolicy }) => releasePolicy === undefined)) return [];
  const policy = renderReleasePolicy(releasePolicyOf(contract, policyHash));
  const digest = releasePolicyDigest(policy);
  return statements
    .filter(({ releasePolicy }) => releasePolicy?.sha256 === digest)
    .map(({ key, keyAttestation }) =>
      keyAttestation == null ? { key, policy } : { key, policy, keyAttestation: { ...keyAttestation } },
    );
}
