// The file beside a sealed blob that holds what the HSM attests of its key: written by the owner, read by the room. Nobody's
// word counts for it: whoever verifies checks the HSM's signature.

import * as v from 'valibot';

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';

/** Longest file that is read. */
export const MAX_KEY_ATTESTATION_BYTES = 64 * 1024;

const Text = v.pipe(v.string(), v.maxLength(MAX_KEY_ATTESTATION_BYTES));
const Member = v.strictObject({
  version: Text,
  /** The rest is base64url. */
  certificatePemFile: Text,
  privateKeyAttestation: Text,
  publicKeyAttestation: v.optional(Text),
});
const File = v.strictObject({
  v: v.literal(1),
  /** Key URL with version. */
  key: v.string(),
  keyAttestation: Member,
});

/** `attributes.attestation` of a key (Key Vault REST API, Get Key Attestation). */
export interface VaultKeyAttestation {
  readonly version: string;
  readonly certificatePemFile: string;
  readonly privateKeyAttestation: string;
  readonly publicKeyAttestation?: string;
}

/** Its name: that of the sealed blob and a suffix. */
export function keyAttestationName(blob: string): string {
  return `${blob}.key.json`;
}

/** What the file says of `key`; null where it is no such file, or about another key. Nothing is verified. */
export function readKeyAttestationFile(bytes: Uint8Array, key: string): VaultKeyAttestation | null {
  let value: unknown;
  try {
    value = parseStrictJson(decodeUtf8(bytes) ?? '', { maxDepth: 3, maxMembers: 20 });
  } catch {
    return null;
  }
  const outcome = v.safeParse(File, value);
  if (!outcome.success || outcome.output.key !== key) return null;
  const { publicKeyAttestation, ...rest } = outcome.output.keyAttestation;
  return publicKeyAttestation === undefined ? rest : { ...rest, publicKeyAttestation };
}
