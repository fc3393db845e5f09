// Use of a key inside the HSM: wrap, unwrap, encrypt and decrypt, by Azure's algorithm names (RFC 7518).

import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  type CipherGCMTypes,
  type KeyObject,
} from 'node:crypto';

import { concatBytes } from '../../base/bytes/arrays.js';
import { toBase64Url } from '../../base/bytes/base64.js';
import type { JsonObject } from '../http/messages.js';
import type { HostKind } from './constants.js';
import { badParameter } from './errors.js';
import { readBytes } from './key-material.js';

export type CipherOperation = 'wrapKey' | 'unwrapKey' | 'encrypt' | 'decrypt';

/** Members of the answer beside `kid`. */
export type OperationResult = Readonly<Record<string, string>>;

/**
 * Applies one operation. Whether the caller and the key's `key_ops` allow it is decided before.
 *
 * @throws AzureError for an algorithm that is not of the key's type, or bytes that do not decrypt.
 */
export function applyOperation(
  kind: HostKind,
  operation: CipherOperation,
  key: KeyObject,
  request: JsonObject,
): OperationResult {
  const alg = typeof request['alg'] === 'string' ? request['alg'] : '';
  try {
    if (key.type === 'secret') return applySymmetric(kind, operation, key, alg, request);
    return applyRsa(kind, operation, key, alg, request);
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'AzureError') throw cause;
    // What OpenSSL says about a failed decryption must not become an oracle.
    throw badParameter(kind, `The ${operation} operation failed: the value is not valid for this key.`);
  }
}

function applyRsa(
  kind: HostKind,
  operation: CipherOperation,
  key: KeyObject,
  alg: string,
  request: JsonObject,
): OperationResult {
  const padding = { 'RSA-OAEP': 'sha1', 'RSA-OAEP-256': 'sha256', RSA1_5: null }[alg];
  if (key.asymmetricKeyType !== 'rsa' || padding === undefined) throw unknownAlgorithm(kind, alg);
  const value = readBytes(kind, request['value'], 'value');
  const scheme =
    padding === null
      ? { padding: constants.RSA_PKCS1_PADDING }
      : { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: padding };
  const result =
    operation === 'wrapKey' || operation === 'encrypt'
      ? publicEncrypt({ key: createPublicKey(key), ...scheme }, value)
      : privateDecrypt({ key, ...scheme }, value);
  return { value: toBase64Url(result) };
}

const KEY_WRAP_IV = Buffer.alloc(8, 0xa6);
const GCM_TAG_BYTES = 16;

function applySymmetric(
  kind: HostKind,
  operation: CipherOperation,
  key: KeyObject,
  alg: string,
  request: JsonObject,
): OperationResult {
  const match = /^A(128|192|256)(KW|GCM|CBC|CBCPAD)$/.exec(alg);
  const bits = Number(match?.[1]);
  if (match === null || bits !== (key.symmetricKeySize ?? 0) * 8) throw unknownAlgorithm(kind, alg);
  const value = readBytes(kind, request['value'], 'value');
  const seals = operation === 'wrapKey' || operation === 'encrypt';
  if (match[2] === 'KW') {
    const name = `id-aes${bits}-wrap`;
    const cipher = seals ? createCipheriv(name, key, KEY_WRAP_IV) : createDecipheriv(name, key, KEY_WRAP_IV);
    return { value: toBase64Url(concatBytes(cipher.update(value), cipher.final())) };
  }
  return match[2] === 'GCM'
    ? applyGcm(kind, seals, key, bits, value, request)
    : applyCbc(kind, seals, key, bits, match[2] === 'CBCPAD', value, request);
}

function applyGcm(
  kind: HostKind,
  seals: boolean,
  key: KeyObject,
  bits: number,
  value: Uint8Array,
  request: JsonObject,
): OperationResult {
  const name = `aes-${bits}-gcm` as CipherGCMTypes;
  const aad = request['aad'] === undefined ? new Uint8Array() : readBytes(kind, request['aad'], 'aad');
  if (seals) {
    const iv = randomBytes(12);
    const cipher = createCipheriv(name, key, iv).setAAD(aad);
    const sealed = concatBytes(cipher.update(value), cipher.final());
    return { value: toBase64Url(sealed), iv: toBase64Url(iv), tag: toBase64Url(cipher.getAuthTag()) };
  }
  const tag = readBytes(kind, request['tag'], 'tag');
  if (tag.length !== GCM_TAG_BYTES) throw badParameter(kind, 'Property tag has an invalid length.');
  const decipher = createDecipheriv(name, key, readBytes(kind, request['iv'], 'iv'))
    .setAAD(aad)
    .setAuthTag(tag);
  return { value: toBase64Url(concatBytes(decipher.update(value), decipher.final())) };
}

function applyCbc(
  kind: HostKind,
  seals: boolean,
  key: KeyObject,
  bits: number,
  padded: boolean,
  value: Uint8Array,
  request: JsonObject,
): OperationResult {
  const iv = readBytes(kind, request['iv'], 'iv');
  const name = `aes-${bits}-cbc`;
  const cipher = seals ? createCipheriv(name, key, iv) : createDecipheriv(name, key, iv);
  cipher.setAutoPadding(padded);
  return { value: toBase64Url(concatBytes(cipher.update(value), cipher.final())), iv: toBase64Url(iv) };
}

function unknownAlgorithm(kind: HostKind, alg: string): Error {
  return badParameter(kind, `Property alg has invalid value '${alg}' for this key.`);
}
