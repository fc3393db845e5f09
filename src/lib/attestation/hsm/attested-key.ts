// What the signed attributes say of a key: which one it is, its public half, and how it came into the HSM.

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { toBase64Url } from '../../base/bytes/base64.js';
import { canonicalJson } from '../../base/bytes/canonical-json.js';
import { sha256 } from '../../base/bytes/digest.js';
import { toHex } from '../../base/bytes/hex.js';
import { CURVE_BYTES, type CurveName } from '../crypto/signature-crypto.js';
import { ATTRIBUTE, attributeName, KEY_TYPE } from './attributes.js';
import type { SignedAttributes } from './signed-attributes.js';

/** One attribute as it was signed. */
export interface RawAttribute {
  readonly name: string;
  /** Hex. */
  readonly value: string;
}

/** All of them, in the order in which they were signed. */
export function rawAttributes({ attributes }: SignedAttributes): readonly RawAttribute[] {
  return [...attributes].map(([type, value]) => ({ name: attributeName(type), value: toHex(value) }));
}

/** A flag; null where the attribute is missing or is none. */
export function flag({ attributes }: SignedAttributes, type: number): boolean | null {
  const value = attributes.get(type);
  if (value?.length !== 1) return null;
  return value[0] === 0 ? false : value[0] === 1 ? true : null;
}

/** An attribute of one byte; null where it is missing or longer. */
export function smallAttribute({ attributes }: SignedAttributes, type: number): number | null {
  const value = attributes.get(type);
  return value?.length === 1 ? (value[0] ?? null) : null;
}

/** OBJ_ATTR_ID without the zeros that fill it up; null where it is missing or no text. */
export function keyIdentifier({ attributes }: SignedAttributes): string | null {
  const value = attributes.get(ATTRIBUTE.id);
  if (value === undefined) return null;
  const end = value.findLastIndex((byte) => byte !== 0) + 1;
  const text = decodeUtf8(value.subarray(0, end));
  return text === null || text === '' ? null : text;
}

/**
 * Whether an identifier is that of a key URL with version. Its last two parts are name and version; a whole URL has to be the
 * same one.
 */
export function namesKey(identifier: string, key: string): boolean {
  if (identifier.includes('://')) return identifier.toLowerCase() === key.toLowerCase();
  const lastTwo = (text: string): string => text.split('/').slice(-2).join('/').toLowerCase();
  return identifier.includes('/') && lastTwo(identifier) === lastTwo(key);
}

/** RFC 7638 thumbprint of the public half; null where the attributes do not tell it. */
export function attestedThumbprint(half: SignedAttributes): string | null {
  const value = half.attributes.get(ATTRIBUTE.modulus);
  if (value === undefined) return null;
  const kind = smallAttribute(half, ATTRIBUTE.keyType);
  if (kind === KEY_TYPE.rsa) {
    const exponent = half.attributes.get(ATTRIBUTE.publicExponent);
    return exponent === undefined
      ? null
      : thumbprint({ e: toBase64Url(unpadded(exponent)), kty: 'RSA', n: toBase64Url(unpadded(value)) });
  }
  return kind === KEY_TYPE.ec ? pointThumbprint(value) : null;
}

function pointThumbprint(point: Uint8Array): string | null {
  const curve = (Object.keys(CURVE_BYTES) as CurveName[]).find(
    (name) => point.length === 1 + 2 * CURVE_BYTES[name],
  );
  if (curve === undefined || point[0] !== 4) return null;
  const size = CURVE_BYTES[curve];
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
  return thumbprint({ crv: curve, kty: 'EC', x: toBase64Url(x), y: toBase64Url(y) });
}

function unpadded(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start === -1 ? new Uint8Array() : bytes.subarray(start);
}

function thumbprint(members: Readonly<Record<string, string>>): string {
  return toBase64Url(sha256(canonicalJson(members)));
}
