// Policies that allow everything. Their hashes are public, and no release policy may ever accept one.

import type { Sha256Hex } from '../../base/bytes/digest.js';
import type { KnownPolicy, PolicyModel } from './policy-model.js';

/**
 * Hashes of allow-all policies that Microsoft publishes in its samples (repositories Azure/azure-cleanroom,
 * microsoft/confidential-sidecar-containers, microsoft/confidential-aci-attestation, microsoft/TEE-Attestation-Verification).
 */
export const PUBLIC_ALLOW_ALL_HASHES: readonly string[] = [
  '73973b78d70cc68353426de188db5dfc57e5b766e399935fb73a61127ea26d20',
  'cadd74f71ebb8fbf9782baab649612520f3c416bc5ce9ac768808ddc8d9b031c',
  '4f4448c67f3c8dfc8de8a5e37125d807dadcc41f06cf23f615dbd52eec777d10',
  'b3452a0ed30f1010bd32740dd1610bc63296ceb0f882f2cac3a3152d651fe7e4',
];

/** Whether `hash` is of a published allow-all policy; false says nothing. */
export function isPublicAllowAllHash(hash: Sha256Hex): boolean {
  return PUBLIC_ALLOW_ALL_HASHES.includes(hash);
}

/** Whether any image may be mounted and started: the answers do not depend on any rule. */
export function isAllowAll(model: KnownPolicy): boolean {
  if (isPublicAllowAllHash(model.hash)) return true;
  return ['mount_device', 'mount_overlay', 'create_container'].every((point) => {
    const rule = model.points.get(point);
    return rule?.kind === 'always' && rule.allowed;
  });
}

/** As isAllowAll; of a policy that cannot be read, the hash decides. */
export function allowsEverything(model: PolicyModel): boolean {
  return model.form === 'known' ? isAllowAll(model) : isPublicAllowAllHash(model.hash);
}
