// Policies that allow everything, by what they say: no release policy may ever accept one.

import { publishedAllowAll } from '../../contract/published/allow-all.js';
import type { KnownPolicy, PolicyModel } from './policy-model.js';

/* With yes to these three, any image is mounted and any command started. */
const DECIDING: readonly string[] = ['mount_device', 'mount_overlay', 'create_container'];

/** Whether any image may be mounted and started: the answers do not depend on any rule. */
export function isAllowAll(model: KnownPolicy): boolean {
  if (publishedAllowAll(model.hash) !== null) return true;
  return DECIDING.every((point) => {
    const rule = model.points.get(point);
    return rule?.kind === 'always' && rule.allowed;
  });
}

/**
 * As isAllowAll. Of a text that is not wholly understood, the hash decides and the three answers as they are written,
 * whatever else stands there: a form that is new does not hide what it allows.
 */
export function allowsEverything(model: PolicyModel): boolean {
  if (model.form === 'known') return isAllowAll(model);
  if (publishedAllowAll(model.hash) !== null) return true;
  return DECIDING.every((point) => answersYes(point).test(model.raw));
}

function answersYes(point: string): RegExp {
  return new RegExp(
    `^[ \\t]*(?:default[ \\t]+)?${point}[ \\t]*:?=[ \\t]*\\{[^{}]{0,400}"allowed"[ \\t]*:[ \\t]*true`,
    'm',
  );
}
