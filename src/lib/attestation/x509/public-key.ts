// SubjectPublicKeyInfo: RSA and the NIST curves, as key type and as JWK. RFC 3279, RFC 5480, RFC 7518 §6.

import { toBase64Url } from '../../base/bytes/base64.js';
import { CURVE_BYTES, type CurveName } from '../crypto/signature-crypto.js';
import { DerError, DerReader, TAG } from '../der/reader.js';
import { integerBytes, objectIdentifier, octetAlignedBits } from '../der/values.js';

export type PublicKey =
  | {
      readonly kind: 'rsa';
      readonly spki: Uint8Array;
      readonly bits: number;
      readonly modulus: Uint8Array;
      readonly exponent: Uint8Array;
    }
  | { readonly kind: 'ec'; readonly spki: Uint8Array; readonly curve: CurveName; readonly point: Uint8Array }
  | { readonly kind: 'unknown'; readonly spki: Uint8Array; readonly oid: string };

export type PublicJwk =
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'EC'; readonly crv: CurveName; readonly x: string; readonly y: string };

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const CURVE_BY_OID: Readonly<Record<string, CurveName>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
};

/** Reads a SubjectPublicKeyInfo; another algorithm is `unknown`, and verifies nothing. */
export function readPublicKey(spki: Uint8Array): PublicKey {
  const outer = new DerReader(spki);
  const body = outer.enter();
  outer.end();
  const algorithm = body.enter();
  const oid = objectIdentifier(algorithm.next(TAG.oid).content);
  const key = octetAlignedBits(body.next(TAG.bitString).content);
  body.end();
  if (oid === RSA_ENCRYPTION) return readRsa(spki, key);
  if (oid === EC_PUBLIC_KEY) return readEc(spki, algorithm, key);
  return { kind: 'unknown', spki, oid };
}

function readRsa(spki: Uint8Array, key: Uint8Array): PublicKey {
  const outer = new DerReader(key);
  const body = outer.enter();
  outer.end();
  const modulus = integerBytes(body.next(TAG.integer).content);
  const exponent = integerBytes(body.next(TAG.integer).content);
  body.end();
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  return { kind: 'rsa', spki, bits, modulus, exponent };
}

function readEc(spki: Uint8Array, algorithm: DerReader, point: Uint8Array): PublicKey {
  const curve = CURVE_BY_OID[objectIdentifier(algorithm.next(TAG.oid).content)];
  algorithm.end();
  if (curve === undefined) return { kind: 'unknown', spki, oid: EC_PUBLIC_KEY };
  if (point[0] !== 4 || point.length !== 1 + 2 * CURVE_BYTES[curve]) {
    throw new DerError('an EC point that is not uncompressed');
  }
  return { kind: 'ec', spki, curve, point };
}

/** The key as a JWK with the members of RFC 7638 only; null for an unknown algorithm. */
export function toPublicJwk(key: PublicKey): PublicJwk | null {
  if (key.kind === 'rsa') return { kty: 'RSA', n: toBase64Url(key.modulus), e: toBase64Url(key.exponent) };
  if (key.kind === 'unknown') return null;
  const size = CURVE_BYTES[key.curve];
  return {
    kty: 'EC',
    crv: key.curve,
    x: toBase64Url(key.point.subarray(1, 1 + size)),
    y: toBase64Url(key.point.subarray(1 + size)),
  };
}
