// The policy that was read last: one verification asks for it more than once, and a room's bundles all carry the same.

import { parsePolicy, type PolicyModel } from './policy-model.js';

let last: PolicyModel | undefined;

/** As parsePolicy; the same text again is not read again. */
export function parsePolicyOnce(text: string): PolicyModel {
  if (last?.raw !== text) last = parsePolicy(text);
  return last;
}
