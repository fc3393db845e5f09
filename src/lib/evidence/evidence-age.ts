// How old evidence is, by a time that an anchor of the verifier's signed over the same report: the report has none itself, and
// what the host or the room says of the time proves nothing.

import type { CheckLog } from '../attestation/check-log.js';
import type { Expectations } from '../attestation/expectations.js';
import type { AttestationToken } from '../attestation/maa/token.js';
import type { Check } from '../base/verdict/check.js';

/**
 * Records MAX_AGE against the `iat` of a token whose signature holds, and which is about the same report where there is one.
 */
export function recordAge(
  token: { readonly token: AttestationToken | null; readonly checks: readonly Check[] },
  { at, maxAgeMs }: Expectations,
  log: CheckLog,
): void {
  if (maxAgeMs === undefined) {
    log.skip('no greatest age was demanded', 'MAX_AGE');
    return;
  }
  const issued = tokenTime(token);
  if (issued === null) {
    log.skip(
      'no service with a trusted key states when the evidence was made; ask the room with a nonce instead',
      'MAX_AGE',
    );
    return;
  }
  const age = at.getTime() - issued;
  log.record('MAX_AGE', age >= 0 && age <= maxAgeMs, {
    expected: `at most ${Math.round(maxAgeMs / 1000)} s old`,
    actual: `${Math.round(age / 1000)} s old`,
    reason: age < 0 ? 'the evidence is from the future' : 'the evidence is older than demanded',
  });
}

function tokenTime({
  token,
  checks,
}: {
  readonly token: AttestationToken | null;
  readonly checks: readonly Check[];
}): number | null {
  const held = (id: string): boolean => checks.some((check) => check.id === id && check.status === 'pass');
  const differs = checks.some((check) => check.id === 'CLAIM_REPORT' && check.status === 'fail');
  const issued = token?.claims['iat'];
  return held('JWT_SIGNATURE') && !differs && typeof issued === 'number' ? issued * 1000 : null;
}
