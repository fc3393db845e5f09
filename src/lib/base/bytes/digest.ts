// SHA-256 digests as lower-case hex, kept apart from other strings by a brand. Node only.

import { createHash } from 'node:crypto';

/** SHA-256 as 64 lower-case hex digits. */
export type Sha256Hex = string & { readonly __brand: 'Sha256Hex' };

const SHA256_HEX = /^[0-9a-f]{64}$/;

export function sha256(data: Uint8Array | string): Uint8Array {
  return createHash('sha256').update(data).digest();
}

export function sha256Hex(data: Uint8Array | string): Sha256Hex {
  return createHash('sha256').update(data).digest('hex') as Sha256Hex;
}

/** `text` as a digest; null unless it is 64 lower-case hex digits. */
export function parseSha256Hex(text: string): Sha256Hex | null {
  return SHA256_HEX.test(text) ? (text as Sha256Hex) : null;
}
