// The port for digests and signature verification. Two adapters: node:crypto, and WebCrypto for browsers.

export type HashName = 'sha256' | 'sha384' | 'sha512';
export type CurveName = 'P-256' | 'P-384' | 'P-521';

/** A signature algorithm with every parameter fixed; nothing is taken from the signature itself. */
export type SignatureScheme =
  | { readonly kind: 'rsa-pss'; readonly hash: HashName; readonly saltLength: number }
  | { readonly kind: 'rsa-pkcs1'; readonly hash: HashName }
  /** The signature is R || S, each of the curve's size. */
  | { readonly kind: 'ecdsa'; readonly hash: HashName; readonly curve: CurveName };

export interface SignatureCrypto {
  digest(hash: HashName, data: Uint8Array): Promise<Uint8Array>;
  /**
   * Whether `signature` over `message` holds under the key. A key that cannot be used with the scheme is false,
   * never an exception.
   *
   * @param spki - SubjectPublicKeyInfo, DER (rsaEncryption or id-ecPublicKey).
   */
  verify(
    scheme: SignatureScheme,
    spki: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean>;
}

/** Bytes of one coordinate on the curve. */
export const CURVE_BYTES: Readonly<Record<CurveName, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };
