// Keys themselves: generated or imported, as Node holds them, as bytes at rest, and as a public JWK.

import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  randomBytes,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';

import { freshKeyPair } from '../../keys/fresh-key.js';
import { fromAnyBase64, fromBase64Url } from '../../base/bytes/base64.js';
import { asStringList, type JsonObject } from '../http/messages.js';
import {
  CURVES,
  DEFAULT_OCT_SIZE,
  DEFAULT_RSA_SIZE,
  MAX_OCT_BYTES,
  OCT_SIZES,
  RSA_SIZES,
  type HostKind,
} from './constants.js';
import { badParameter } from './errors.js';

export type KeyFamily = 'RSA' | 'EC' | 'oct';

/** Family and protection of a `kty` that the host takes: `RSA` on a managed HSM means `RSA-HSM`. */
export function readKeyType(
  kind: HostKind,
  kty: unknown,
  hsm: boolean,
): { readonly family: KeyFamily; readonly kty: string } {
  const match = /^(RSA|EC|oct)(-HSM)?$/.exec(typeof kty === 'string' ? kty : '');
  const family = match?.[1] as KeyFamily | undefined;
  if (family === undefined)
    throw badParameter(kind, `Property kty has invalid value ${JSON.stringify(kty)}.`);
  if (family === 'oct' && !kind.octKeys) throw badParameter(kind, 'Property kty has invalid value "oct".');
  const isHsm = kind.onlyHsmKeys || hsm || match?.[2] !== undefined;
  return { family, kty: isHsm ? `${family}-HSM` : family };
}

/** Generates a key. @throws AzureError for a size or curve that Azure does not make. */
export async function generateMaterial(
  kind: HostKind,
  family: KeyFamily,
  request: JsonObject,
): Promise<KeyObject> {
  switch (family) {
    case 'RSA': {
      const size = request['key_size'] ?? DEFAULT_RSA_SIZE;
      if (typeof size !== 'number' || !RSA_SIZES.includes(size))
        throw badParameter(
          kind,
          'Property key_size has invalid value: an RSA key has 2048, 3072 or 4096 bits.',
        );
      return (await freshKeyPair({ type: 'rsa', bits: size })).privateKey;
    }
    case 'EC': {
      const curve = request['crv'] ?? 'P-256';
      const namedCurve = typeof curve === 'string' ? CURVES[curve] : undefined;
      if (namedCurve === undefined) throw badParameter(kind, 'Property crv has invalid value.');
      return (await freshKeyPair({ type: 'ec', curve: namedCurve })).privateKey;
    }
    case 'oct': {
      const size = request['key_size'] ?? DEFAULT_OCT_SIZE;
      if (typeof size !== 'number' || !OCT_SIZES.includes(size))
        throw badParameter(kind, 'Property key_size has invalid value: an oct key has 128, 192 or 256 bits.');
      return createSecretKey(randomBytes(size / 8));
    }
  }
}

/** What a request would say that asks for a key of the same size or curve. */
export function materialRequest(key: KeyObject): JsonObject {
  if (key.type === 'secret') return { key_size: (key.symmetricKeySize ?? 0) * 8 };
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return { key_size: modulusLength };
  const curve = Object.entries(CURVES).find(([, name]) => name === namedCurve)?.[0];
  return curve === undefined ? {} : { crv: curve };
}

/** The key of an import request's JWK. @throws AzureError */
export function importMaterial(kind: HostKind, family: KeyFamily, jwk: JsonObject): KeyObject {
  if (family === 'oct') return importSymmetric(kind, jwk);
  const members = family === 'RSA' ? ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] : ['x', 'y', 'd'];
  const key: Record<string, string> = { kty: family };
  for (const member of members) {
    const bytes = fromAnyBase64(textOf(jwk[member]));
    if (bytes === null || bytes.length === 0)
      throw badParameter(kind, `JSON Web Key: ${member} property of ${family} key is missing or invalid.`);
    key[member] = Buffer.from(bytes).toString('base64url');
  }
  if (family === 'EC') key['crv'] = jwk['crv'] === 'P-256K' ? 'secp256k1' : textOf(jwk['crv']);
  try {
    return createPrivateKey({ key: key as JsonWebKey, format: 'jwk' });
  } catch {
    throw badParameter(kind, `JSON Web Key: not a valid ${family} key.`);
  }
}

function textOf(value: JsonObject[string]): string {
  return typeof value === 'string' ? value : '';
}

function importSymmetric(kind: HostKind, jwk: JsonObject): KeyObject {
  const bytes = fromAnyBase64(textOf(jwk['k']));
  if (bytes === null || bytes.length === 0)
    throw badParameter(kind, 'JSON Web Key: k property of oct key is missing or invalid.');
  if (bytes.length > MAX_OCT_BYTES)
    throw badParameter(
      kind,
      `JSON Web Key: k property of oct key is too large, maximum size is ${MAX_OCT_BYTES}`,
    );
  return createSecretKey(bytes);
}

/** The public members of a JWK; none for a symmetric key. */
export function publicMembers(key: KeyObject): Readonly<Record<string, string>> {
  if (key.type === 'secret') return {};
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  if (jwk.kty === 'RSA') return { n: jwk.n ?? '', e: jwk.e ?? '' };
  return { crv: jwk.crv === 'secp256k1' ? 'P-256K' : (jwk.crv ?? ''), x: jwk.x ?? '', y: jwk.y ?? '' };
}

/** The key from its bytes at rest: PKCS#8 DER, or raw for a symmetric key. */
export function restoreMaterial(family: KeyFamily, bytes: Uint8Array): KeyObject {
  return family === 'oct'
    ? createSecretKey(bytes)
    : createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' });
}

/* Order as Azure lists them. */
const FAMILY_OPERATIONS: Readonly<Record<KeyFamily, readonly string[]>> = {
  RSA: ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'],
  EC: ['sign', 'verify'],
  oct: ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
};

/**
 * The key operations of a request; without any, all that the family has, as Azure does. `import` and `export` are
 * taken and mean nothing here.
 */
export function readKeyOperations(kind: HostKind, family: KeyFamily, value: JsonObject[string]): string[] {
  if (value === undefined || (Array.isArray(value) && value.length === 0))
    return [...FAMILY_OPERATIONS[family]];
  const operations = asStringList(value);
  const known = [...FAMILY_OPERATIONS[family], 'import', 'export'];
  const unknown = operations?.find((operation) => !known.includes(operation));
  if (operations === null || unknown !== undefined)
    throw badParameter(kind, `Property key_ops has invalid value ${JSON.stringify(unknown ?? value)}.`);
  return [...operations];
}

/** Bytes of an operation's base64url member. @throws AzureError */
export function readBytes(kind: HostKind, value: JsonObject[string], name: string): Uint8Array {
  const bytes = typeof value === 'string' && value !== '' ? fromBase64Url(value.replace(/=+$/, '')) : null;
  if (bytes === null) throw badParameter(kind, `Property ${name} is missing or not base64url.`);
  return bytes;
}
