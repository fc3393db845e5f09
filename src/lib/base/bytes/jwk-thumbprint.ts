// Fingerprints of public keys as people compare them.

import { toBase64Url } from './base64.js';
import { canonicalJson } from './canonical-json.js';
import { sha256 } from './digest.js';

/** The members that RFC 7638 §3.2 takes of an RSA or EC key; others are left out. */
export interface ThumbprintMembers {
  readonly kty?: string | undefined;
  readonly crv?: string | undefined;
  readonly x?: string | undefined;
  readonly y?: string | undefined;
  readonly n?: string | undefined;
  readonly e?: string | undefined;
}

/** RFC 7638 thumbprint (SHA-256, base64url) of a public RSA or EC key. */
export function jwkThumbprint({ kty, crv, x, y, n, e }: ThumbprintMembers): string {
  return toBase64Url(sha256(canonicalJson(kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y })));
}
