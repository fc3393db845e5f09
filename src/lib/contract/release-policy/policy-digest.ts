// One digest for a release policy, however a vault spells it: services write the JSON anew, with members in another order.

import { canonicalJson } from '../../base/bytes/canonical-json.js';
import { sha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';
import { releasePolicyJson } from './grammar.js';
import { parseReleasePolicy } from './parse.js';

/**
 * SHA-256 of the RFC 8785 text of a release policy: what an owner signs of the key it seals to.
 *
 * @param text - the policy's JSON, as the vault gives it (decoded)
 * @throws CleanroomError RELEASE_POLICY_MALFORMED
 */
export function releasePolicyDigest(text: string): Sha256Hex {
  return sha256Hex(canonicalJson(releasePolicyJson(parseReleasePolicy(text))));
}
