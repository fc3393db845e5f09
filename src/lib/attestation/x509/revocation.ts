// Revocation by lists that the verifier was given. RFC 5280 §6.3; nothing is fetched.

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
  /** Revocation lists, DER, of any issuer. */
  readonly lists: readonly Uint8Array[];
  readonly at: Date;
  readonly crypto: SignatureCrypto;
}

/**
 * Records `id` for a chain (leaf first, each followed by its issuer): failed where a list by an issuer in the chain
 * is not signed by it, out of date, or names a certificate; skipped where no list is by an issuer in the chain.
 */
export async function recordRevocation(
  id: 'CRL' | 'UVM_CRL',
  chain: readonly Certificate[],
  context: RevocationContext,
  log: CheckLog,
): Promise<void> {
  const judged: string[] = [];
  for (const bytes of context.lists) {
    const list = readList(bytes);
    if (list === null) {
      log.record(id, false, { reason: 'a revocation list that cannot be read' });
      return;
    }
    const issuer = chain.find((certificate) => equalBytes(certificate.subject.raw, list.issuer.raw));
    if (issuer === undefined) continue;
    const problem = await listProblem(list, issuer, chain, context);
    if (problem !== null) {
      log.record(id, false, { reason: problem });
      return;
    }
    judged.push(list.thisUpdate.toISOString());
  }
  if (judged.length === 0) log.skip('no revocation list of this chain was given', id);
  else log.record(id, true, { actual: `lists of ${judged.join(', ')}` });
}

function readList(bytes: Uint8Array): RevocationList | null {
  try {
    return parseRevocationList(bytes);
  } catch (cause) {
    if (cause instanceof CleanroomError) return null;
    throw cause;
  }
}

async function listProblem(
  list: RevocationList,
  issuer: Certificate,
  chain: readonly Certificate[],
  { at, crypto }: RevocationContext,
): Promise<string | null> {
  if (!maySignLists(issuer)) return 'the issuer of a revocation list may not sign one';
  if (!(await isSignedBy(list, issuer.publicKey, crypto)))
    return 'a revocation list is not signed by its issuer';
  if (at < list.thisUpdate)
    return `a revocation list is of ${list.thisUpdate.toISOString()}, later than the check`;
  if (list.nextUpdate === undefined || at > list.nextUpdate) return 'a revocation list is out of date';
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
