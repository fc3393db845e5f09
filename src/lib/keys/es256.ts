// ES256 (RFC 7518 §3.4) over a compact JWS: the one algorithm of our own statements.

import { KeyObject, sign, verify } from 'node:crypto';

import { utf8 } from '../base/bytes/arrays.js';
import { toBase64Url } from '../base/bytes/base64.js';
import type { Json } from '../base/bytes/canonical-json.js';
import type { ParsedJws } from '../base/bytes/compact-jws.js';

/** Signs without giving the private key away: a vault. */
export interface Es256Signer {
  /** The signature over `signed`: r and s, 32 bytes each. */
  sign(signed: Uint8Array): Promise<Uint8Array>;
}

type Header = Readonly<Record<string, Json>>;

/** The compact JWS of `payload` under an ES256 private key (P-256); `alg` is added to `header`. */
export function signEs256(header: Header, payload: Uint8Array, key: KeyObject): string {
  const signed = signingInput(header, payload);
  return `${signed}.${toBase64Url(signBytes(utf8(signed), key))}`;
}

/** As signEs256, by a key in hand or one that stays where it is. */
export async function signEs256By(
  header: Header,
  payload: Uint8Array,
  key: KeyObject | Es256Signer,
): Promise<string> {
  const signed = signingInput(header, payload);
  return `${signed}.${toBase64Url(await signBytesBy(utf8(signed), key))}`;
}

/** The signature over bytes, r and s, by a key in hand or one that stays where it is. */
export async function signBytesBy(signed: Uint8Array, key: KeyObject | Es256Signer): Promise<Uint8Array> {
  return key instanceof KeyObject ? signBytes(signed, key) : key.sign(signed);
}

/** Whether `jws` says ES256 and `key` (P-256, public) made its signature. */
export function verifyEs256(jws: ParsedJws, key: KeyObject): boolean {
  if (jws.header['alg'] !== 'ES256' || jws.header['crit'] !== undefined) return false;
  return isEs256Signature(utf8(jws.raw.slice(0, jws.raw.lastIndexOf('.'))), jws.signature, key);
}

/** Whether `signature` (r and s) over `signed` was made by `key` (P-256, public). */
export function isEs256Signature(signed: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1' || signature.length !== 64) return false;
  return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function signBytes(signed: Uint8Array, key: KeyObject): Uint8Array {
  return sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' });
}

function signingInput(header: Header, payload: Uint8Array): string {
  return `${toBase64Url(utf8(JSON.stringify({ alg: 'ES256', ...header })))}.${toBase64Url(payload)}`;
}
