// A released key: from the bytes that the vault wraps, and to and from the JWK that the sidecar hands out.

import { createPrivateKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';

import { toBase64Url } from '../../base/bytes/base64.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';

const MIN_RSA_BITS = 2048;

/** A private or symmetric key as Node holds it: prints no material, is no JSON. */
export type ReleasedKey = KeyObject;

/**
 * The key from what was unwrapped: PKCS#8 DER for `RSA`, `RSA-HSM`, `EC` and `EC-HSM`, raw bytes for `oct` and `oct-HSM`.
 *
 * @throws CleanroomError RELEASED_KEY_MALFORMED
 */
export function readReleasedKey(kty: string, bytes: Uint8Array): ReleasedKey {
  switch (kty) {
    case 'RSA':
    case 'RSA-HSM':
    case 'EC':
    case 'EC-HSM':
      return checked(kty, () => createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' }));
    case 'oct':
    case 'oct-HSM':
      return checked(kty, () => createSecretKey(bytes));
    default:
      throw malformed(`of unknown type ${JSON.stringify(kty)}`);
  }
}

/** The bytes that a vault wraps for a key; the inverse of `readReleasedKey`. */
export function releasedKeyBytes(key: ReleasedKey): Uint8Array {
  return key.type === 'secret' ? key.export() : key.export({ format: 'der', type: 'pkcs8' });
}

/** The sidecar's JWK text of a key (the string inside `{"key": …}`); secret. */
export function renderReleasedJwk(key: ReleasedKey, keyOps: readonly string[]): string {
  return JSON.stringify({ ...key.export({ format: 'jwk' }), key_ops: keyOps });
}

/**
 * Reads the JWK text that the sidecar hands out.
 *
 * @throws CleanroomError RELEASED_KEY_MALFORMED; the message never holds any of the text.
 */
export function parseReleasedJwk(text: string): ReleasedKey {
  const jwk = jwkObject(text);
  if (jwk.kty === 'oct') {
    const bytes = typeof jwk.k === 'string' ? Buffer.from(jwk.k, 'base64url') : new Uint8Array(0);
    if (bytes.length === 0 || toBase64Url(bytes) !== jwk.k) throw malformed('an oct key without k');
    return createSecretKey(bytes);
  }
  return checked(jwk.kty ?? 'unknown', () => createPrivateKey({ key: jwk, format: 'jwk' }));
}

function jwkObject(text: string): JsonWebKey {
  let value: unknown;
  try {
    value = parseStrictJson(text, { maxDepth: 4 });
  } catch {
    throw malformed('not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('not a JWK');
  return value as JsonWebKey;
}

function checked(kty: string, make: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = make();
  } catch {
    throw malformed(`not a key of type ${JSON.stringify(kty)}`);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.asymmetricKeyType === 'rsa' && (bits ?? 0) < MIN_RSA_BITS) throw malformed('a weak RSA key');
  return key;
}

/* The cause is left out on purpose: OpenSSL's errors may quote what they could not read. */
function malformed(problem: string): CleanroomError {
  return new CleanroomError('RELEASED_KEY_MALFORMED', `the released key is ${problem}`);
}
