// AlgorithmIdentifier of a certificate signature to a scheme with all parameters. RFC 4055 (RSA, PSS), RFC 5758 (ECDSA).

import { contextTag, DerError, DerReader, TAG } from '../der/reader.js';
import { objectIdentifier, smallInteger } from '../der/values.js';
import type { HashName } from '../crypto/signature-crypto.js';

/** What signed a certificate; for ECDSA the curve comes from the issuer's key. */
export type CertificateSignature =
  | { readonly kind: 'rsa-pss'; readonly hash: HashName; readonly saltLength: number }
  | { readonly kind: 'rsa-pkcs1'; readonly hash: HashName }
  | { readonly kind: 'ecdsa'; readonly hash: HashName }
  | { readonly kind: 'unknown'; readonly oid: string };

const HASH_BY_OID: Readonly<Record<string, HashName>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

const RSASSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';

const FIXED: Readonly<Record<string, CertificateSignature>> = {
  '1.2.840.113549.1.1.11': { kind: 'rsa-pkcs1', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { kind: 'rsa-pkcs1', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { kind: 'rsa-pkcs1', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { kind: 'ecdsa', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { kind: 'ecdsa', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { kind: 'ecdsa', hash: 'sha512' },
};

/** Reads the content of an AlgorithmIdentifier. SHA-1 and everything not listed is `unknown`, and verifies nothing. */
export function readSignatureAlgorithm(content: Uint8Array): CertificateSignature {
  const reader = new DerReader(content);
  const oid = objectIdentifier(reader.next(TAG.oid).content);
  if (oid === RSASSA_PSS) {
    const pss = readPssParameters(reader.enter());
    reader.end();
    return pss;
  }
  reader.optional(TAG.null);
  reader.end();
  return FIXED[oid] ?? { kind: 'unknown', oid };
}

/* RFC 4055 §3.1. AMD writes the default trailerField explicitly up to 2023 and leaves it out since; both are read. */
function readPssParameters(parameters: DerReader): CertificateSignature {
  const hash = parameters.optional(contextTag(0));
  const mask = parameters.optional(contextTag(1));
  const salt = parameters.optional(contextTag(2));
  const trailer = parameters.optional(contextTag(3));
  parameters.end();
  const hashName = hash === undefined ? undefined : readHash(hash.content);
  const maskHash = mask === undefined ? undefined : readMask(mask.content);
  const saltLength =
    salt === undefined ? 20 : smallInteger(new DerReader(salt.content).next(TAG.integer).content);
  if (trailer !== undefined && smallInteger(new DerReader(trailer.content).next(TAG.integer).content) !== 1) {
    throw new DerError('a PSS trailer field other than 1');
  }
  if (hashName === undefined || hashName !== maskHash) return { kind: 'unknown', oid: RSASSA_PSS };
  return { kind: 'rsa-pss', hash: hashName, saltLength };
}

function readHash(content: Uint8Array): HashName | undefined {
  const algorithm = new DerReader(content).enter();
  const oid = objectIdentifier(algorithm.next(TAG.oid).content);
  algorithm.optional(TAG.null);
  algorithm.end();
  return HASH_BY_OID[oid];
}

function readMask(content: Uint8Array): HashName | undefined {
  const algorithm = new DerReader(content).enter();
  if (objectIdentifier(algorithm.next(TAG.oid).content) !== MGF1) return undefined;
  return readHash(algorithm.next(TAG.sequence).raw);
}
