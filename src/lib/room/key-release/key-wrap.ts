// Key wrap of secure key release: RSA-OAEP over a one-time AES key, AES-KWP (RFC 5649) over the released key.
// PKCS #11 v2.40 CKM_RSA_AES_KEY_WRAP; RSA_AES_KEY_WRAP_256 and _384 differ in the OAEP hash only.

import {
  constants,
  createCipheriv,
  createDecipheriv,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';

import { concatBytes } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';

const OAEP_HASH = {
  CKM_RSA_AES_KEY_WRAP: 'sha1',
  RSA_AES_KEY_WRAP_256: 'sha256',
  RSA_AES_KEY_WRAP_384: 'sha384',
} as const;

/** `enc` of a release request. */
export type ReleaseWrapAlgorithm = keyof typeof OAEP_HASH;

/** What the service uses where the request names no `enc`; the sidecar names none. */
export const DEFAULT_RELEASE_WRAP: ReleaseWrapAlgorithm = 'CKM_RSA_AES_KEY_WRAP';

const KWP_IV = new Uint8Array([0xa6, 0x59, 0x59, 0xa6]);
const KEK_BYTES = 32;

export function isReleaseWrapAlgorithm(name: string): name is ReleaseWrapAlgorithm {
  return Object.hasOwn(OAEP_HASH, name);
}

/**
 * Wraps `target` (PKCS#8 DER of an RSA or EC key, or the raw bytes of a symmetric one) to an RSA public key.
 *
 * @returns RSA-OAEP block (modulus length) followed by the AES-KWP ciphertext.
 */
export function wrapForRelease(
  algorithm: ReleaseWrapAlgorithm,
  recipient: KeyObject,
  target: Uint8Array,
): Uint8Array {
  const kek = randomBytes(KEK_BYTES);
  const wrappedKek = publicEncrypt({ key: recipient, ...oaep(algorithm) }, kek);
  const cipher = createCipheriv('id-aes256-wrap-pad', kek, KWP_IV);
  const wrapped = concatBytes(wrappedKek, cipher.update(target), cipher.final());
  kek.fill(0);
  return wrapped;
}

/**
 * Undoes `wrapForRelease`; AES keys of 128, 192 and 256 bits are taken.
 *
 * @throws CleanroomError RELEASED_KEY_MALFORMED, the same for every cause.
 */
export function unwrapReleased(
  algorithm: ReleaseWrapAlgorithm,
  recipient: KeyObject,
  wrapped: Uint8Array,
): Uint8Array {
  const modulusBytes = (recipient.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  try {
    const kek = privateDecrypt({ key: recipient, ...oaep(algorithm) }, wrapped.subarray(0, modulusBytes));
    const decipher = createDecipheriv(`id-aes${kek.length * 8}-wrap-pad`, kek, KWP_IV);
    return concatBytes(decipher.update(wrapped.subarray(modulusBytes)), decipher.final());
  } catch (cause) {
    throw new CleanroomError('RELEASED_KEY_MALFORMED', 'the released key cannot be unwrapped', { cause });
  }
}

function oaep(algorithm: ReleaseWrapAlgorithm): { readonly oaepHash: string; readonly padding: number } {
  return { oaepHash: OAEP_HASH[algorithm], padding: constants.RSA_PKCS1_OAEP_PADDING };
}
