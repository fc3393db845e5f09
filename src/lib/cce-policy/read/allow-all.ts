// Policies that allow everything, by what they say: no release policy may ever accept one.

import { publishedAllowAll } from '../../contract/published/allow-all.js';
import type { KnownPolicy, PolicyModel } from './policy-model.js';

/** Whether any image may be mounted and started: the answers do not depend on any rule. */
export function isAllowAll(model: KnownPolicy): boolean {
  if (publishedAllowAll(model.hash) !== null) return true;
  return ['mount_device', 'mount_overlay', 'create_container'].every((point) => {
    const rule = model.points.get(point);
    return rule?.kind === 'always' && rule.allowed;
  });
}

/** As isAllowAll; of a policy that cannot be read, the hash decides. */
export function allowsEverything(model: PolicyModel): boolean {
  return model.form === 'known' ? isAllowAll(model) : publishedAllowAll(model.hash) !== null;
}
