// Certification path validation, RFC 5280 §6, for a chain given leaf first whose last certificate is the anchor.

import type { SignatureCrypto } from '../crypto/signature-crypto.js';
import { equalBytes } from '../../base/bytes/arrays.js';
import { DerError } from '../der/reader.js';
import type { Certificate } from './certificate.js';
import { basicConstraints, EXTENSION, KEY_USAGE, keyUsage } from './extensions.js';
import { nameConstraintProblem } from './name-constraints.js';
import { isSignedBy } from './signature.js';

/* Critical extensions that this validation understands (RFC 5280 §4.2: any other critical one is a refusal). */
const UNDERSTOOD: ReadonlySet<string> = new Set(Object.values(EXTENSION));

/**
 * Why the chain is no valid path, or null if it is one. Times are not judged here (`outsideValidity`).
 * The last certificate has to sign itself; that it is trusted is the caller's decision.
 */
export async function pathProblem(
  chain: readonly Certificate[],
  crypto: SignatureCrypto,
): Promise<string | null> {
  if (chain.length < 2) return 'fewer than two certificates';
  try {
    for (const [index, certificate] of chain.entries()) {
      const issuer = chain[index + 1] ?? certificate;
      const problem =
        linkProblem(chain, index, issuer) ??
        ((await isSignedBy(certificate, issuer.publicKey, crypto))
          ? null
          : `certificate ${index}: not signed by the next one`);
      if (problem !== null) return problem;
    }
    return nameConstraintProblem(chain);
  } catch (cause) {
    if (cause instanceof DerError) return `an extension is malformed: ${cause.message}`;
    throw cause;
  }
}

function linkProblem(chain: readonly Certificate[], index: number, issuer: Certificate): string | null {
  const certificate = chain[index];
  if (certificate === undefined) return 'no certificate';
  if (!equalBytes(certificate.issuer.raw, issuer.subject.raw)) {
    return `certificate ${index}: its issuer is not the subject of the next one`;
  }
  for (const extension of certificate.extensions.values()) {
    if (extension.critical && !UNDERSTOOD.has(extension.oid)) {
      return `certificate ${index}: unknown critical extension ${extension.oid}`;
    }
  }
  return index === 0 ? null : authorityProblem(certificate, index);
}

/* RFC 5280 §6.1.4 (k) to (n). `index - 1` intermediates stand between this certificate and the leaf. */
function authorityProblem(certificate: Certificate, index: number): string | null {
  const constraints = basicConstraints(certificate);
  if (constraints?.ca !== true) return `certificate ${index}: not a certification authority`;
  if (keyUsage(certificate)?.has(KEY_USAGE.keyCertSign) === false) {
    return `certificate ${index}: its key may not sign certificates`;
  }
  if (constraints.pathLength !== undefined && constraints.pathLength < index - 1) {
    return `certificate ${index}: path length ${constraints.pathLength} is exceeded`;
  }
  return null;
}

/** The first certificate that is not valid at `at`, said in words; null if all are. */
export function outsideValidity(chain: readonly Certificate[], at: Date): string | null {
  for (const [index, { notBefore, notAfter }] of chain.entries()) {
    if (at < notBefore) return `certificate ${index} is valid from ${notBefore.toISOString()}`;
    if (at > notAfter) return `certificate ${index} was valid until ${notAfter.toISOString()}`;
  }
  return null;
}
