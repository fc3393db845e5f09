// sign and verify inside the HSM, over a digest (LEARN REST "Keys - Sign", "Keys - Verify", 7.4; algorithms: RFC 7518
// §3.1). PS256 and its like are not emulated.

import { constants, createPublicKey, privateEncrypt, publicDecrypt, type KeyObject } from 'node:crypto';

import { concatBytes } from '../../base/bytes/arrays.js';
import { toBase64Url } from '../../base/bytes/base64.js';
import type { JsonObject } from '../http/messages.js';
import type { HostKind } from './constants.js';
import { signDigest, verifyDigest } from './ecdsa-digest.js';
import { badParameter, incompatibleAlgorithm, invalidLength } from './errors.js';
import { publicMembers, readBytes } from './key-material.js';

export type SignatureOperation = 'sign' | 'verify';

/** The signature in base64url, or whether it holds. */
export interface SignatureResult {
  readonly value: string | boolean;
}

interface Algorithm {
  readonly digestBytes: number;
  /** Of an EC algorithm: the one curve that it is for. */
  readonly curve?: string;
  /** Of an RSA algorithm: DER of DigestInfo up to the digest (RFC 8017 §9.2). */
  readonly digestInfo?: string;
}

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  ES256: { digestBytes: 32, curve: 'P-256' },
  ES384: { digestBytes: 48, curve: 'P-384' },
  ES512: { digestBytes: 64, curve: 'P-521' },
  ES256K: { digestBytes: 32, curve: 'P-256K' },
  RS256: { digestBytes: 32, digestInfo: '3031300d060960864801650304020105000420' },
  RS384: { digestBytes: 48, digestInfo: '3041300d060960864801650304020205000430' },
  RS512: { digestBytes: 64, digestInfo: '3051300d060960864801650304020305000440' },
};

/**
 * Applies one operation. Whether the caller and the key's `key_ops` allow it is decided before.
 *
 * @param kid - the key's id with version, which Azure names in its refusals.
 * @throws AzureError for an algorithm that is not of the key's type or curve, or a digest of another length.
 */
export function applySignature(
  kind: HostKind,
  operation: SignatureOperation,
  { key, kid }: { readonly key: KeyObject; readonly kid: string },
  request: JsonObject,
): SignatureResult {
  const alg = typeof request['alg'] === 'string' ? request['alg'] : '';
  const algorithm = ALGORITHMS[alg];
  const isOfFamily = key.asymmetricKeyType === (algorithm?.curve === undefined ? 'rsa' : 'ec');
  if (algorithm === undefined || !isOfFamily)
    throw badParameter(kind, `Property alg has invalid value '${alg}' for this key.`);
  const { crv = '' } = publicMembers(key);
  if (algorithm.curve !== undefined && algorithm.curve !== crv)
    throw incompatibleAlgorithm(kind, { kid, crv, alg, curve: algorithm.curve });
  const member = operation === 'sign' ? 'value' : 'digest';
  const digest = readBytes(kind, request[member], member);
  if (digest.length !== algorithm.digestBytes)
    throw invalidLength(kind, { member, bytes: digest.length, alg, needed: algorithm.digestBytes });
  const info = concatBytes(Buffer.from(algorithm.digestInfo ?? '', 'hex'), digest);
  if (operation === 'sign') {
    const signature = algorithm.curve === undefined ? signRsa(key, info) : signDigest(crv, key, digest);
    return { value: toBase64Url(signature) };
  }
  const signature = readBytes(kind, request['value'], 'value');
  return {
    value:
      algorithm.curve === undefined
        ? verifyRsa(key, info, signature)
        : verifyDigest(crv, key, digest, signature),
  };
}

function signRsa(key: KeyObject, info: Uint8Array): Uint8Array {
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info);
}

function verifyRsa(key: KeyObject, info: Uint8Array, signature: Uint8Array): boolean {
  try {
    const padding = constants.RSA_PKCS1_PADDING;
    return publicDecrypt({ key: createPublicKey(key), padding }, signature).equals(info);
  } catch {
    return false;
  }
}
