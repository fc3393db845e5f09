// Policies that allow everything. Their hashes are public, and no release policy may ever accept one.

import type { Sha256Hex } from '../../bytes/digest.js';
import type { KnownPolicy } from './policy-model.js';

/** Hashes of published allow-all policies (facts/azure-wire.md §5). */
export const PUBLIC_ALLOW_ALL_HASHES: readonly string[] = [
  'b3452a0ed30f1010bd32740dd1610bc63296ceb0f882f2cac3a3152d651fe7e4',
  '4f4448c67f3c8dfc8de8a5e37125d807dadcc41f06cf23f615dbd52eec777d10',
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
