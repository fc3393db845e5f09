// Compact JWS (RFC 7515) signed with ES256 (RFC 7518 §3.4): the one algorithm of our own statements.

import { type KeyObject, sign, verify } from 'node:crypto';

import { decodeUtf8, utf8 } from './arrays.js';
import { fromBase64Url, toBase64Url } from './base64.js';
import type { Json } from './canonical-json.js';
import { parseStrictJson, StrictJsonError } from './strict-json.js';

/** A JWS that is well formed; its signature has not been checked. */
export interface ParsedJws {
  readonly raw: string;
  readonly header: Readonly<Record<string, Json | undefined>>;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

const MAX_CHARACTERS = 1024 * 1024;

/** The compact JWS of `payload` under an ES256 private key (P-256); `alg` is added to `header`. */
export function signEs256(
  header: Readonly<Record<string, Json>>,
  payload: Uint8Array,
  key: KeyObject,
): string {
  const signed = `${toBase64Url(utf8(JSON.stringify({ alg: 'ES256', ...header })))}.${toBase64Url(payload)}`;
  return `${signed}.${toBase64Url(sign('sha256', utf8(signed), { key, dsaEncoding: 'ieee-p1363' }))}`;
}

/** Parts of a compact JWS; null where the text is not exactly one (RFC 7515 §7.1), strict base64url and JSON. */
export function parseCompactJws(raw: string): ParsedJws | null {
  if (raw.length > MAX_CHARACTERS) return null;
  const parts = raw.split('.').map(fromBase64Url);
  const [headerBytes, payload, signature] = parts;
  if (parts.length !== 3 || headerBytes == null || payload == null || signature == null) return null;
  const header = readObject(headerBytes);
  return header === null ? null : { raw, header, payload, signature };
}

/** Whether `jws` says ES256 and `key` (P-256, public) made its signature. */
export function verifyEs256(jws: ParsedJws, key: KeyObject): boolean {
  if (jws.header['alg'] !== 'ES256' || jws.header['crit'] !== undefined) return false;
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1' || jws.signature.length !== 64) return false;
  const signed = utf8(jws.raw.slice(0, jws.raw.lastIndexOf('.')));
  return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, jws.signature);
}

function readObject(bytes: Uint8Array): Readonly<Record<string, Json | undefined>> | null {
  try {
    const value = parseStrictJson(decodeUtf8(bytes) ?? '', { maxDepth: 8 });
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return value as Readonly<Record<string, Json | undefined>>;
  } catch (cause) {
    if (cause instanceof StrictJsonError) return null;
    throw cause;
  }
}
