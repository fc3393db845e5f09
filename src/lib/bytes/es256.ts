// ES256 (RFC 7518 §3.4) over a compact JWS: the one algorithm of our own statements.

import { type KeyObject, sign, verify } from 'node:crypto';

import { utf8 } from './arrays.js';
import { toBase64Url } from './base64.js';
import type { Json } from './canonical-json.js';
import type { ParsedJws } from './compact-jws.js';

/** The compact JWS of `payload` under an ES256 private key (P-256); `alg` is added to `header`. */
export function signEs256(
  header: Readonly<Record<string, Json>>,
  payload: Uint8Array,
  key: KeyObject,
): string {
  const signed = `${toBase64Url(utf8(JSON.stringify({ alg: 'ES256', ...header })))}.${toBase64Url(payload)}`;
  return `${signed}.${toBase64Url(sign('sha256', utf8(signed), { key, dsaEncoding: 'ieee-p1363' }))}`;
}

/** Whether `jws` says ES256 and `key` (P-256, public) made its signature. */
export function verifyEs256(jws: ParsedJws, key: KeyObject): boolean {
  if (jws.header['alg'] !== 'ES256' || jws.header['crit'] !== undefined) return false;
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1' || jws.signature.length !== 64) return false;
  const signed = utf8(jws.raw.slice(0, jws.raw.lastIndexOf('.')));
  return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, jws.signature);
}
