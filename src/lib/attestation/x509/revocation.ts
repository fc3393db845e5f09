// Revocation by lists that the verifier has, and by those that came with the evidence. RFC 5280 §6.3; nothing is fetched.

import { equalBytes } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import type { CheckLog } from '../check-log.js';
import type { SignatureCrypto } from '../crypto/signature-crypto.js';
import { DerError } from '../der/reader.js';
import type { Certificate } from './certificate.js';
import { parseRevocationList, type RevocationList } from './crl.js';
import { KEY_USAGE, keyUsage } from './extensions.js';
import { isSignedBy } from './signature.js';

export interface RevocationContext {
  /** Lists that the verifier brings, DER, of any issuer. */
  readonly own: readonly Uint8Array[];
  /** Lists that came with the evidence: what they revoke is revoked, and they prove nothing else, since whoever made it chose them. */
  readonly brought: readonly Uint8Array[];
  readonly at: Date;
  readonly crypto: SignatureCrypto;
}

/**
 * Records `id` for a chain (leaf first, each followed by its issuer, the root last): failed where a list by an issuer in
 * the chain is not signed by it, names a certificate or, of the verifier's own, is out of date; passed where the verifier
 * brings a list by each of `issuers`, and else skipped.
 *
 * @param issuers - those whose lists are needed: places in `chain`
 */
export async function recordRevocation(
  id: 'CRL' | 'UVM_CRL',
  chain: readonly Certificate[],
  issuers: readonly number[],
  context: RevocationContext,
  log: CheckLog,
): Promise<void> {
  const judged = new Map<Certificate, string>();
  const lists = [
    ...context.own.map((bytes) => ({ bytes, isOwn: true })),
    ...context.brought.map((bytes) => ({ bytes, isOwn: false })),
  ];
  for (const { bytes, isOwn } of lists) {
    const list = readList(bytes);
    if (list === null) {
      log.record(id, false, { reason: 'a revocation list that cannot be read' });
      return;
    }
    const issuer = chain.find((certificate) => equalBytes(certificate.subject.raw, list.issuer.raw));
    if (issuer === undefined) continue;
    const problem =
      (await authorProblem(list, issuer, context)) ??
      revokedProblem(list, issuer, chain) ??
      (isOwn ? timeProblem(list, context.at) : null);
    if (problem !== null) {
      log.record(id, false, { reason: problem });
      return;
    }
    if (isOwn) judged.set(issuer, list.thisUpdate.toISOString());
  }
  const missing = issuers.filter((place) => !judged.has(chain[place] as Certificate));
  if (chain.length > 0 && missing.length === 0)
    log.record(id, true, { actual: `lists of ${[...judged.values()].join(', ')}` });
  else log.skip(whatIsMissing(judged.size, context), id);
}

function whatIsMissing(judged: number, { brought }: RevocationContext): string {
  if (judged > 0) return 'not every issuer of the chain has a revocation list that was given';
  return brought.length === 0
    ? 'no revocation list of this chain was given'
    : 'the revocation lists came with the evidence, which proves nothing; give your own';
}

function readList(bytes: Uint8Array): RevocationList | null {
  try {
    return parseRevocationList(bytes);
  } catch (cause) {
    if (cause instanceof CleanroomError) return null;
    throw cause;
  }
}

async function authorProblem(
  list: RevocationList,
  issuer: Certificate,
  { crypto }: RevocationContext,
): Promise<string | null> {
  if (!maySignLists(issuer)) return 'the issuer of a revocation list may not sign one';
  return (await isSignedBy(list, issuer.publicKey, crypto))
    ? null
    : 'a revocation list is not signed by its issuer';
}

function timeProblem(list: RevocationList, at: Date): string | null {
  if (at < list.thisUpdate)
    return `a revocation list was issued at ${list.thisUpdate.toISOString()}, later than the check`;
  return list.nextUpdate === undefined || at > list.nextUpdate ? 'a revocation list is out of date' : null;
}

function revokedProblem(
  list: RevocationList,
  issuer: Certificate,
  chain: readonly Certificate[],
): string | null {
  const revoked = chain.find(
    (certificate) =>
      equalBytes(certificate.issuer.raw, issuer.subject.raw) && list.revoked.has(certificate.serial),
  );
  return revoked === undefined ? null : `certificate ${revoked.serial} is revoked`;
}

/* RFC 5280 §6.3.3 (f). */
function maySignLists(issuer: Certificate): boolean {
  try {
    return keyUsage(issuer)?.has(KEY_USAGE.cRLSign) !== false;
  } catch (cause) {
    if (cause instanceof DerError) return false;
    throw cause;
  }
}
