// Policies and reports that are public: genuine, and worth nothing, because anyone can run or answer for them.

import { toHex } from '../base/bytes/hex.js';
import { parsePolicyOnce } from '../cce-policy/read/policy-cache.js';
import { publishedAllowAll } from '../contract/published/allow-all.js';

/* REPORT_DATA of reports whose runtime data holds a key with a published private half (Azure/azure-cleanroom, samples). */
const PUBLIC_KEY_REPORTS: ReadonlySet<string> = new Set<string>([
  '2097b3fdd5aba9a1812c0c3adf575d4ff385ea5e08efb002a75b5c3f5bd2b7870000000000000000000000000000000000000000000000000000000000000000',
  '33e5dcd4b0ed8556b2420998a7e0832dfcc0343f6691229bae5e54ae5e234f870000000000000000000000000000000000000000000000000000000000000000',
  '8b2e75cafc4eebdc85f810fea38551e2ac354c0517d9b23fe8f5fa33ad5260860000000000000000000000000000000000000000000000000000000000000000',
]);

/**
 * Why a policy protects nothing although evidence for it is genuine; null where it is neither published nor
 * one that allows every container.
 *
 * @param hash - SHA-256 of the policy text, lower-case hex: HOST_DATA.
 * @param text - the policy text, where it is known.
 */
export function publicPolicyReason(hash: string, text?: string): string | null {
  if (publishedAllowAll(hash) !== null) return 'the policy is a published sample that allows everything';
  if (text === undefined) return null;
  const model = parsePolicyOnce(text);
  const rule = model.form === 'known' ? model.points.get('create_container') : undefined;
  return rule?.kind === 'always' && rule.allowed ? 'the policy allows every container' : null;
}

/** Why a key bound by this REPORT_DATA protects nothing, or null. */
export function publicKeyReason(reportData: Uint8Array): string | null {
  return PUBLIC_KEY_REPORTS.has(toHex(reportData))
    ? 'the private half of the key in the runtime data is published'
    : null;
}
