// SignatureCrypto on WebCrypto: what the static page in the browser uses. Node has it too, so the same tests run on it.

import type { HashName, SignatureCrypto, SignatureScheme } from './signature-crypto.js';

const HASH: Readonly<Record<HashName, string>> = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' };

/** Digests and signatures by `globalThis.crypto.subtle`. */
export const webSignatureCrypto: SignatureCrypto = {
  async digest(hash, data) {
    return new Uint8Array(await crypto.subtle.digest(HASH[hash], new Uint8Array(data)));
  },

  async verify(scheme, spki, message, signature) {
    try {
      const key = await crypto.subtle.importKey(
        'spki',
        new Uint8Array(spki),
        importParameters(scheme),
        false,
        ['verify'],
      );
      return await crypto.subtle.verify(
        verifyParameters(scheme),
        key,
        new Uint8Array(signature),
        new Uint8Array(message),
      );
    } catch {
      return false;
    }
  },
};

function importParameters(scheme: SignatureScheme): RsaHashedImportParams | EcKeyImportParams {
  switch (scheme.kind) {
    case 'rsa-pss':
      return { name: 'RSA-PSS', hash: HASH[scheme.hash] };
    case 'rsa-pkcs1':
      return { name: 'RSASSA-PKCS1-v1_5', hash: HASH[scheme.hash] };
    case 'ecdsa':
      return { name: 'ECDSA', namedCurve: scheme.curve };
  }
}

function verifyParameters(scheme: SignatureScheme): AlgorithmIdentifier | RsaPssParams | EcdsaParams {
  switch (scheme.kind) {
    case 'rsa-pss':
      return { name: 'RSA-PSS', saltLength: scheme.saltLength };
    case 'rsa-pkcs1':
      return { name: 'RSASSA-PKCS1-v1_5' };
    case 'ecdsa':
      return { name: 'ECDSA', hash: HASH[scheme.hash] };
  }
}

/* The DOM's parameter types, which Node's typings keep under another name. */
interface RsaHashedImportParams {
  readonly name: string;
  readonly hash: string;
}
interface EcKeyImportParams {
  readonly name: string;
  readonly namedCurve: string;
}
interface RsaPssParams {
  readonly name: string;
  readonly saltLength: number;
}
interface EcdsaParams {
  readonly name: string;
  readonly hash: string;
}
interface AlgorithmIdentifier {
  readonly name: string;
}
