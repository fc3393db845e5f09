// Thumbprints of keys (RFC 7638).

import { createPublicKey, type KeyObject } from 'node:crypto';

import { jwkThumbprint } from '../base/bytes/jwk-thumbprint.js';

/** RFC 7638 thumbprint of a public or private RSA or EC key. */
export function keyThumbprint(key: KeyObject): string {
  return jwkThumbprint((key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' }));
}
