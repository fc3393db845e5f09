// Policies and reports that are public: genuine, and worth nothing, because anyone can run or answer for them.

import { toHex } from '../bytes/hex.js';
import { parsePolicy } from '../cce-policy/read/policy-model.js';

/*
 * SHA-256 of CCE policies that allow everything, as Microsoft publishes them in its samples (repositories
 * Azure/azure-cleanroom, microsoft/confidential-sidecar-containers, microsoft/confidential-aci-attestation,
 * microsoft/TEE-Attestation-Verification).
 */
const PUBLIC_POLICIES: ReadonlySet<string> = new Set([
  '73973b78d70cc68353426de188db5dfc57e5b766e399935fb73a61127ea26d20',
  'cadd74f71ebb8fbf9782baab649612520f3c416bc5ce9ac768808ddc8d9b031c',
  '4f4448c67f3c8dfc8de8a5e37125d807dadcc41f06cf23f615dbd52eec777d10',
  'b3452a0ed30f1010bd32740dd1610bc63296ceb0f882f2cac3a3152d651fe7e4',
]);

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
  if (PUBLIC_POLICIES.has(hash)) return 'the policy is a published sample that allows everything';
  if (text === undefined) return null;
  const model = parsePolicy(text);
  const rule = model.form === 'known' ? model.points.get('create_container') : undefined;
  return rule?.kind === 'always' && rule.allowed ? 'the policy allows every container' : null;
}

/** Why a key bound by this REPORT_DATA protects nothing, or null. */
export function publicKeyReason(reportData: Uint8Array): string | null {
  return PUBLIC_KEY_REPORTS.has(toHex(reportData))
    ? 'the private half of the key in the runtime data is published'
    : null;
}
