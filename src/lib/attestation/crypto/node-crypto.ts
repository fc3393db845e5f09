// SignatureCrypto on node:crypto. The browser bundle does not reach this file.

import { constants, createHash, createPublicKey, verify, type VerifyKeyObjectInput } from 'node:crypto';

import type { SignatureCrypto, SignatureScheme } from './signature-crypto.js';

/** Digests and signatures by OpenSSL, synchronously inside a resolved promise. */
export const nodeSignatureCrypto: SignatureCrypto = {
  digest: (hash, data) => Promise.resolve(createHash(hash).update(data).digest()),
  verify: (scheme, spki, message, signature) => Promise.resolve(holds(scheme, spki, message, signature)),
};

function holds(
  scheme: SignatureScheme,
  spki: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    const type = key.asymmetricKeyType;
    if (type !== (scheme.kind === 'ecdsa' ? 'ec' : 'rsa')) return false;
    return verify(scheme.hash, message, { key, ...parameters(scheme) }, signature);
  } catch {
    return false;
  }
}

function parameters(scheme: SignatureScheme): Omit<VerifyKeyObjectInput, 'key'> {
  switch (scheme.kind) {
    case 'rsa-pss':
      return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltLength };
    case 'rsa-pkcs1':
      return { padding: constants.RSA_PKCS1_PADDING };
    case 'ecdsa':
      return { dsaEncoding: 'ieee-p1363' };
  }
}
