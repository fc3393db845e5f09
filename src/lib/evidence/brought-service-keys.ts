// Keys of an attestation service that came with the evidence: whoever brought it says so. One counts where the evidence in its
// certificate shows it to be a key of an attested service whose program is known, and no other.

import { type ServiceKey, parseServiceKeys } from '../attestation/maa/key-set.js';
import { CheckLog } from '../attestation/check-log.js';
import { type AttestationToken, parseAttestationToken } from '../attestation/maa/token.js';
import { CleanroomError } from '../base/errors.js';
import { isSharedAuthority } from '../contract/release-policy/lint.js';
import { recordService, type ServiceContext } from './check-service.js';

/**
 * The key that signed a token, of a key set that came with it.
 *
 * @param jwks - as it came
 * @returns null where the set is none, its key is not shown to be an attested service's (`recordService`), or the token's issuer
 *   is neither one of Microsoft's shared services nor one that the anchors name: whoever owns another sets its policy
 */
export async function provenServiceKeys(
  jwks: unknown,
  token: string,
  contextOf: (token: AttestationToken) => ServiceContext,
): Promise<readonly ServiceKey[] | null> {
  const read = readBoth(jwks, token);
  if (read === null) return null;
  const context = contextOf(read.token);
  const { iss, kid } = { iss: read.token.claims['iss'], kid: read.token.header['kid'] };
  if (typeof iss !== 'string' || !isKnownIssuer(iss, context)) return null;
  const log = new CheckLog();
  await recordService(read.token, read.keys, context, log);
  const attested = log.checks().some(({ id, status }) => id === 'SERVICE_ATTESTED' && status === 'pass');
  return attested ? read.keys.filter((key) => key.kid === kid) : null;
}

function readBoth(
  jwks: unknown,
  token: string,
): { readonly keys: readonly ServiceKey[]; readonly token: AttestationToken } | null {
  try {
    return { keys: parseServiceKeys(jwks), token: parseAttestationToken(token.trim()) };
  } catch (cause) {
    if (cause instanceof CleanroomError) return null;
    throw cause;
  }
}

function isKnownIssuer(iss: string, { anchors }: ServiceContext): boolean {
  return anchors.source === 'pinned'
    ? isSharedAuthority(iss)
    : anchors.attestationServices.some(({ issuer }) => issuer === iss);
}
