// Whether one certificate's key signed another certificate (or any signed DER structure).

import type { SignatureCrypto, SignatureScheme } from '../crypto/signature-crypto.js';
import { CURVE_BYTES } from '../crypto/signature-crypto.js';
import { DerError } from '../der/reader.js';
import { ecdsaSignature } from '../der/values.js';
import type { PublicKey } from './public-key.js';
import type { CertificateSignature } from './signature-algorithm.js';

/** A signed DER structure: a certificate or a CRL. */
export interface SignedDer {
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: CertificateSignature;
  readonly signature: Uint8Array;
}

/** Whether `signed` carries a signature by `issuer`; an algorithm that does not fit the key is false. */
export async function isSignedBy(
  signed: SignedDer,
  issuer: PublicKey,
  crypto: SignatureCrypto,
): Promise<boolean> {
  const fitted = fit(signed, issuer);
  return fitted !== null && crypto.verify(fitted.scheme, issuer.spki, signed.tbs, fitted.signature);
}

function fit(
  { signatureAlgorithm: algorithm, signature }: SignedDer,
  issuer: PublicKey,
): { readonly scheme: SignatureScheme; readonly signature: Uint8Array } | null {
  if (algorithm.kind === 'rsa-pss' || algorithm.kind === 'rsa-pkcs1') {
    return issuer.kind === 'rsa' ? { scheme: algorithm, signature } : null;
  }
  if (algorithm.kind !== 'ecdsa' || issuer.kind !== 'ec') return null;
  try {
    return {
      scheme: { ...algorithm, curve: issuer.curve },
      signature: ecdsaSignature(signature, CURVE_BYTES[issuer.curve]),
    };
  } catch (cause) {
    if (cause instanceof DerError) return null;
    throw cause;
  }
}
