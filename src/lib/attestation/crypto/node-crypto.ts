// SignatureCrypto on node:crypto. The browser bundle does not reach this file.

import {
  constants,
  createHash,
  createPublicKey,
  type KeyObject,
  verify,
  type VerifyKeyObjectInput,
} from 'node:crypto';

import type { SignatureCrypto, SignatureScheme } from './signature-crypto.js';

type Inputs = readonly [SignatureScheme, Uint8Array, Uint8Array, Uint8Array];

/** Digests and signatures by OpenSSL on this thread: the quickest for one piece of evidence. */
export const nodeSignatureCrypto: SignatureCrypto = {
  digest: (hash, data) => Promise.resolve(createHash(hash).update(data).digest()),
  verify: (...inputs) => Promise.resolve(holds(...inputs)),
};

function holds(...[scheme, spki, message, signature]: Inputs): boolean {
  try {
    const key = importKey(scheme, spki);
    return key !== null && verify(scheme.hash, message, key, signature);
  } catch {
    return false;
  }
}

/* Roots and intermediates are the same in most evidence; their import costs as much as a signature. */
const imported = new Map<string, KeyObject>();
const MAX_IMPORTED = 256;

function publicKeyOf(spki: Uint8Array): KeyObject {
  const bytes = Buffer.from(spki);
  const name = bytes.toString('latin1');
  const known = imported.get(name);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: bytes, format: 'der', type: 'spki' });
  if (imported.size >= MAX_IMPORTED) imported.clear();
  imported.set(name, key);
  return key;
}

function importKey(scheme: SignatureScheme, spki: Uint8Array): VerifyKeyObjectInput | null {
  const key = publicKeyOf(spki);
  if (key.asymmetricKeyType !== (scheme.kind === 'ecdsa' ? 'ec' : 'rsa')) return null;
  switch (scheme.kind) {
    case 'rsa-pss':
      return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltLength };
    case 'rsa-pkcs1':
      return { key, padding: constants.RSA_PKCS1_PADDING };
    case 'ecdsa':
      return { key, dsaEncoding: 'ieee-p1363' };
  }
}
