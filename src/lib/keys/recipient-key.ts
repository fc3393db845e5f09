// Keys that a data key is wrapped to: public JWKs in, with RFC 7638 thumbprints; private ones for opening.

import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

import type { Json } from '../base/bytes/canonical-json.js';
import { keyThumbprint } from './key-thumbprint.js';
import { parseStrictJson, StrictJsonError } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';

const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];

/** A public key that a data key can be wrapped to. */
export interface RecipientKey {
  readonly key: KeyObject;
  /** Key URL with version for a vault key, the thumbprint for a local one. */
  readonly keyId: string;
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string;
}

/**
 * A recipient from a public JWK (RSA of 2048 bits and more; EC on P-256, P-384 or P-521).
 *
 * @param keyId - key URL with version for a vault key; absent: the thumbprint.
 * @throws CleanroomError JWK_INVALID, also for a private key: only the public half is ever to be handed round.
 */
export function readRecipientKey(jwkText: string, keyId?: string): RecipientKey {
  const jwk = readJwk(jwkText);
  if (jwk.d !== undefined) {
    throw new CleanroomError(
      'JWK_INVALID',
      'the key to seal to is a private key; give its public half only',
      {
        hint: 'Keep the members kty, n and e (RSA) or kty, crv, x and y (EC), and guard the file with the rest.',
      },
    );
  }
  return recipientKeyOf(
    makeKey(() => createPublicKey({ key: jwk, format: 'jwk' })),
    keyId,
  );
}

/** A recipient from a public key that is at hand. @throws CleanroomError JWK_INVALID */
export function recipientKeyOf(key: KeyObject, keyId?: string): RecipientKey {
  requireStrength(key);
  const thumbprint = keyThumbprint(key);
  return { key, thumbprint, keyId: keyId ?? thumbprint };
}

/**
 * A private key from a JWK, for opening.
 *
 * @throws CleanroomError JWK_INVALID; the message never holds any of the text.
 */
export function readIdentityKey(jwkText: string): KeyObject {
  const jwk = readJwk(jwkText);
  if (jwk.d === undefined) throw invalid('it is a public key; opening needs the private one');
  const key = makeKey(() => createPrivateKey({ key: jwk, format: 'jwk' }));
  requireStrength(key);
  return key;
}

function readJwk(text: string): JsonWebKey {
  let value: Json;
  try {
    value = parseStrictJson(text, { maxDepth: 4 });
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw invalid('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('it is no object');
  const jwk = value as JsonWebKey;
  if (jwk.kty !== 'RSA' && jwk.kty !== 'EC') throw invalid('its kty is not RSA or EC');
  return jwk;
}

/* OpenSSL's message is left out: it may quote what it could not read. */
function makeKey(make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch {
    throw invalid('its members do not make a key');
  }
}

function requireStrength(key: KeyObject): void {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) {
      throw invalid(`RSA of ${modulusLength} bits; it must have ${MIN_RSA_BITS} to ${MAX_RSA_BITS}`);
    }
    if (publicExponent < 65_537n || publicExponent % 2n === 0n) throw invalid('its public exponent is weak');
    return;
  }
  if (key.asymmetricKeyType !== 'ec' || !CURVES.includes(namedCurve)) {
    throw invalid('it is not RSA or on P-256, P-384 or P-521');
  }
}

function invalid(problem: string): CleanroomError {
  return new CleanroomError('JWK_INVALID', `the JWK cannot be used: ${problem}`);
}
