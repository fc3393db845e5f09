// The headers of a COSE message that say who signed it: x5chain and x5t (RFC 9360 §2), and what is wrong with a chain.

import { equalBytes } from '../../base/bytes/arrays.js';
import type { HashName, SignatureCrypto } from '../crypto/signature-crypto.js';
import { DerError } from '../der/reader.js';
import { type Certificate, parseCertificate } from '../x509/certificate.js';
import { KEY_USAGE, keyUsage } from '../x509/extensions.js';
import { pathProblem } from '../x509/path.js';
import { CborError } from './cbor.js';
import { type CoseSign1, LABEL } from './cose-sign1.js';

/** COSE hash algorithm, and the digest of the leaf by it. */
export interface CertificateThumbprint {
  readonly algorithm: number;
  readonly digest: Uint8Array;
}

/** Who says that they signed; nothing of it is verified. */
export interface SignerHeaders {
  /** Leaf first, as sent. */
  readonly chain: readonly Certificate[];
  readonly x5t: CertificateThumbprint | null;
}

const MAX_CERTIFICATES = 10;

/* COSE hash algorithms, RFC 9054 §2.1. */
const THUMBPRINT_HASH: ReadonlyMap<number, HashName> = new Map([
  [-16, 'sha256'],
  [-43, 'sha384'],
  [-44, 'sha512'],
]);

/** Reads both out of the protected header. @throws CborError, CleanroomError CERTIFICATE_MALFORMED */
export function readSignerHeaders({ protectedHeader }: CoseSign1): SignerHeaders {
  return {
    chain: readChain(protectedHeader.get(LABEL.x5chain)),
    x5t: readThumbprint(protectedHeader.get(LABEL.x5t)),
  };
}

/** Why the chain is none that may sign, or null. Times are not looked at. */
export async function signerChainProblem(
  { chain, x5t }: SignerHeaders,
  crypto: SignatureCrypto,
): Promise<string | null> {
  const [leaf] = chain;
  if (leaf === undefined) return 'no certificate';
  try {
    if (keyUsage(leaf)?.has(KEY_USAGE.digitalSignature) === false) return 'the leaf may not sign';
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    return `the leaf is malformed: ${cause.message}`;
  }
  if (x5t !== null) {
    const hash = THUMBPRINT_HASH.get(x5t.algorithm);
    if (hash === undefined) return `x5t uses the unknown hash ${x5t.algorithm}`;
    if (!equalBytes(await crypto.digest(hash, leaf.raw), x5t.digest))
      return 'x5t is not the digest of the leaf';
  }
  return pathProblem(chain, crypto);
}

function readChain(value: unknown): readonly Certificate[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length > MAX_CERTIFICATES) throw new CborError('an x5chain of more than ten certificates');
  return items.map((item) => {
    if (!(item instanceof Uint8Array)) throw new CborError('no x5chain in the protected header');
    return parseCertificate(item);
  });
}

function readThumbprint(value: unknown): CertificateThumbprint | null {
  if (value === undefined) return null;
  const [algorithm, digest] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  if (typeof algorithm !== 'number' || !(digest instanceof Uint8Array))
    throw new CborError('an x5t of another form');
  return { algorithm, digest };
}
