// Thumbprints of keys (RFC 7638).

import { createPublicKey, type KeyObject } from 'node:crypto';

import { toBase64Url } from '../base/bytes/base64.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { sha256 } from '../base/bytes/digest.js';

/** RFC 7638 thumbprint of a public or private RSA or EC key. */
export function keyThumbprint(key: KeyObject): string {
  const jwk = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  const members =
    jwk.kty === 'RSA'
      ? { e: jwk.e, kty: jwk.kty, n: jwk.n }
      : { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y };
  return toBase64Url(sha256(canonicalJson(members)));
}
