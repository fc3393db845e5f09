// Wraps the data key to recipients: RSA-OAEP-256 (RFC 7518 §4.3) and ECDH-ES+A256KW (§4.6).

import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  type JsonWebKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';

import { freshKeyPairSync } from '../../keys/fresh-key.js';
import { concatBytes, utf8 } from '../../base/bytes/arrays.js';
import { fromBase64Url, toBase64Url } from '../../base/bytes/base64.js';
import type { RecipientEntry } from '../format/header.js';
import type { RecipientKey } from '../../keys/recipient-key.js';

export const DATA_KEY_BYTES = 32;

const OAEP = { oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING };
/* RFC 3394 §2.2.3.1 */
const KEY_WRAP_IV = new Uint8Array(8).fill(0xa6);
const EC_ALGORITHM = 'ECDH-ES+A256KW';

/** The header entry that gives `dataKey` to `recipient`. */
export function wrapDataKey(dataKey: Uint8Array, recipient: RecipientKey): RecipientEntry {
  const common = { kid: recipient.keyId, jkt: recipient.thumbprint };
  if (recipient.key.asymmetricKeyType === 'rsa') {
    const wrapped = publicEncrypt({ key: recipient.key, ...OAEP }, dataKey);
    return { header: { alg: 'RSA-OAEP-256', ...common }, encrypted_key: toBase64Url(wrapped) };
  }
  const namedCurve = recipient.key.asymmetricKeyDetails?.namedCurve ?? '';
  const ephemeral = freshKeyPairSync({ type: 'ec', curve: namedCurve });
  const kek = agreedKey(ephemeral.privateKey, recipient.key);
  const cipher = createCipheriv('id-aes256-wrap', kek, KEY_WRAP_IV);
  const wrapped = concatBytes(cipher.update(dataKey), cipher.final());
  kek.fill(0);
  const epk = ephemeral.publicKey.export({ format: 'jwk' }) as EphemeralJwk;
  return { header: { alg: EC_ALGORITHM, ...common, epk }, encrypted_key: toBase64Url(wrapped) };
}

/** The data key from a recipient's entry; null if `identity` does not open it, for whatever reason. */
export function unwrapDataKey(
  { header, encrypted_key }: RecipientEntry,
  identity: KeyObject,
): Uint8Array | null {
  const wrapped = fromBase64Url(encrypted_key);
  if (wrapped === null) return null;
  try {
    const dataKey =
      header.alg === 'RSA-OAEP-256'
        ? privateDecrypt({ key: identity, ...OAEP }, wrapped)
        : unwrapAgreed(header.epk, identity, wrapped);
    return dataKey.length === DATA_KEY_BYTES ? dataKey : null;
  } catch {
    return null;
  }
}

type EphemeralJwk = Extract<RecipientEntry['header'], { readonly epk: unknown }>['epk'];

function unwrapAgreed(epk: EphemeralJwk, identity: KeyObject, wrapped: Uint8Array): Uint8Array {
  const jwk: JsonWebKey = { ...epk };
  const kek = agreedKey(identity, createPublicKey({ key: jwk, format: 'jwk' }));
  const decipher = createDecipheriv('id-aes256-wrap', kek, KEY_WRAP_IV);
  const dataKey = concatBytes(decipher.update(wrapped), decipher.final());
  kek.fill(0);
  return dataKey;
}

/* Concat KDF with SHA-256, one round (RFC 7518 §4.6.2): apu and apv empty, 256 bits. */
function agreedKey(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  const secret = diffieHellman({ privateKey, publicKey });
  const hash = createHash('sha256')
    .update(uint32(1))
    .update(secret)
    .update(concatBytes(uint32(EC_ALGORITHM.length), utf8(EC_ALGORITHM)))
    .update(concatBytes(uint32(0), uint32(0), uint32(DATA_KEY_BYTES * 8)));
  secret.fill(0);
  return hash.digest();
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
