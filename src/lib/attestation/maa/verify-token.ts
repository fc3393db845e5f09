// Whether a token is signed by a trusted attestation service and valid now. RFC 7515, RFC 7519, RFC 8725.

import type { Check } from '../../base/verdict/check.js';
import { CheckLog } from '../check-log.js';
import type { SignatureCrypto } from '../crypto/signature-crypto.js';
import type { ServiceKey } from './key-set.js';
import type { AttestationToken } from './token.js';

export interface TokenContext {
  /**
   * The keys that are trusted; null where the verifier has none, which skips the signature. Keys named by the token
   * itself (`jku`, `jwk`, `x5c`) are never used.
   */
  readonly keys: readonly ServiceKey[] | null;
  /** Issuers that are trusted; undefined where the verifier names none. */
  readonly issuers: readonly string[] | undefined;
  readonly at: Date;
  /** `issue`: kept evidence, whose token has to have been valid when it was issued, before `at`. `now` if absent. */
  readonly judgedAt?: 'now' | 'issue';
  readonly crypto: SignatureCrypto;
}

/* How far the service's clock may be ahead of ours (RFC 7519 §4.1.5); nothing is granted after `exp`. */
const CLOCK_SKEW_SECONDS = 60;

/** The checks of header, signature, issuer and times. */
export async function verifyToken(token: AttestationToken, context: TokenContext): Promise<readonly Check[]> {
  const log = new CheckLog();
  const { header, claims } = token;
  log.record('JWT_ALG', header['alg'] === 'RS256', {
    expected: 'RS256',
    actual: say(header['alg']),
    reason: 'another algorithm than the one attestation services use',
  });
  log.record('JWT_CRIT', !Object.hasOwn(header, 'crit'), { reason: 'the token demands an extension' });
  recordKeySetUrl(token, context, log);
  await recordSignature(token, context, log);
  recordIssuer(claims['iss'], context, log);
  const { at, judgedAt } = context;
  log.recordProblem('JWT_TIME', judgedAt === 'issue' ? issueProblem(token, at) : timeProblem(token, at), {
    expected: judgedAt === 'issue' ? `issued before ${at.toISOString()}` : `valid at ${at.toISOString()}`,
  });
  return log.checks();
}

function recordKeySetUrl(
  { header, claims }: AttestationToken,
  { issuers }: TokenContext,
  log: CheckLog,
): void {
  const trusted = (issuers ?? [claims['iss']]).map((issuer) => `${say(issuer)}/certs`);
  const { jku } = header;
  log.record('JWT_JKU', jku === undefined || trusted.includes(say(jku)), {
    expected: trusted.join(' or '),
    actual: say(jku),
    reason: 'the token points to a key set that is not its issuer’s',
  });
}

async function recordSignature(
  token: AttestationToken,
  { keys, crypto }: TokenContext,
  log: CheckLog,
): Promise<void> {
  if (keys === null) {
    log.skip('no key set of the attestation service was given', 'JWT_KID', 'JWT_SIGNATURE');
    return;
  }
  const { kid } = token.header;
  const [key, ...others] = keys.filter((candidate) => candidate.kid === kid);
  const found = key !== undefined && others.length === 0;
  log.record('JWT_KID', found, {
    expected: 'one key of the trusted key set',
    actual: say(kid),
    reason: 'the key set has no such key, or more than one',
  });
  if (!found) {
    log.skip('there is no key to verify the signature with', 'JWT_SIGNATURE');
    return;
  }
  const scheme = { kind: 'rsa-pkcs1', hash: 'sha256' } as const;
  log.record(
    'JWT_SIGNATURE',
    await crypto.verify(scheme, key.key.spki, token.signingInput, token.signature),
    {
      reason: 'the attestation service did not sign these bytes',
    },
  );
}

function recordIssuer(issuer: unknown, { issuers }: TokenContext, log: CheckLog): void {
  if (issuers === undefined) {
    log.skip('no issuer was demanded', 'JWT_ISS');
    return;
  }
  log.record('JWT_ISS', typeof issuer === 'string' && issuers.includes(issuer), {
    expected: issuers.join(' or '),
    actual: say(issuer),
    reason: 'another attestation service issued the token',
  });
}

function timeProblem({ claims }: AttestationToken, at: Date): string | null {
  const now = at.getTime() / 1000;
  const { exp, nbf, iat } = claims;
  if (!isTime(exp) || !isTime(nbf) || !isTime(iat)) return 'exp, nbf or iat is missing or no whole number';
  if (now >= exp) return `the token expired at ${new Date(exp * 1000).toISOString()}`;
  if (now < Math.max(nbf, iat) - CLOCK_SKEW_SECONDS) {
    return `the token is valid from ${new Date(Math.max(nbf, iat) * 1000).toISOString()}`;
  }
  return null;
}

/* Valid at its own time of issue, which is not in the future. */
function issueProblem(token: AttestationToken, at: Date): string | null {
  const { iat } = token.claims;
  if (!isTime(iat)) return 'iat is missing or no whole number';
  if (iat > at.getTime() / 1000 + CLOCK_SKEW_SECONDS)
    return `the token was issued at ${new Date(iat * 1000).toISOString()}, in the future`;
  return timeProblem(token, new Date(iat * 1000));
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 8.64e12;
}

function say(value: unknown): string {
  return value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
}
