// New asymmetric keys that nothing else in the process holds on to. Node only.

import {
  createPrivateKey,
  createPublicKey,
  type ECKeyPairOptions,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
  type RSAKeyPairOptions,
} from 'node:crypto';

export type FreshKeyKind =
  | { readonly type: 'rsa'; readonly bits: number }
  /** Curve as OpenSSL or NIST names it: `P-256`, `prime256v1`. */
  | { readonly type: 'ec'; readonly curve: string };

export interface FreshKeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const ENCODING = {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const;

/**
 * A new key pair, read back from its encoding. In Node 20 a KeyObject shares a lock with the job that generated it; a
 * garbage collection that ends the job while the key is being looked at then waits for itself, for ever. A key that was
 * read back has no job.
 */
export function freshKeyPair(kind: FreshKeyKind): Promise<FreshKeyPair> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, _publicKey: string, privateKey: Buffer): void => {
      if (error === null) resolve(readBack(privateKey));
      else reject(error);
    };
    if (kind.type === 'rsa') generateKeyPair('rsa', { modulusLength: kind.bits, ...ENCODING }, done);
    else generateKeyPair('ec', { namedCurve: kind.curve, ...ENCODING }, done);
  });
}

/** As freshKeyPair, on this thread: for a short-lived key. */
export function freshKeyPairSync(kind: FreshKeyKind): FreshKeyPair {
  if (kind.type === 'rsa') {
    const rsa: RSAKeyPairOptions<'pem', 'der'> = { modulusLength: kind.bits, ...ENCODING };
    return readBack(generateKeyPairSync('rsa', rsa).privateKey);
  }
  const ec: ECKeyPairOptions<'pem', 'der'> = { namedCurve: kind.curve, ...ENCODING };
  return readBack(generateKeyPairSync('ec', ec).privateKey);
}

function readBack(pkcs8: Buffer): FreshKeyPair {
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  pkcs8.fill(0);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
