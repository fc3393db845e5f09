// How old the heads of log proofs are. A log that is kept is signed again and again; an old head may hide what came after it.

import type { CheckLog } from '../attestation/check-log.js';
import type { Expectations } from '../attestation/expectations.js';

const DEFAULT_MAX_AGE_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Records `LOG_FRESH`. The time is the head's signer's word. Kept evidence grows old without becoming false, so an age that
 * nobody stated leaves the check unmade, and LOGGED unproven; one that the verifier stated fails.
 *
 * @param signedAt - seconds since 1970, one for each proof that holds; at least one.
 */
export function recordHeadAge(
  signedAt: readonly number[],
  { at, logHeadMaxAgeMs }: Expectations,
  log: CheckLog,
): void {
  const maxAgeMs = logHeadMaxAgeMs ?? DEFAULT_MAX_AGE_MS;
  const ages = signedAt.map((seconds) => at.getTime() - seconds * 1000);
  const expected = `at most ${Math.round(maxAgeMs / 1000)} s old`;
  const actual = `${Math.round(Math.max(...ages) / 1000)} s old`;
  const reason = ageProblem(ages, maxAgeMs);
  if (reason !== null && logHeadMaxAgeMs === undefined)
    log.skip(`${reason}: ${actual}, not ${expected}`, 'LOG_FRESH');
  else log.recordProblem('LOG_FRESH', reason, { expected, actual });
}

/* How far the signer's clock may be ahead of ours, as for tokens. */
const CLOCK_SKEW_MS = 60_000;

function ageProblem(ages: readonly number[], maxAgeMs: number): string | null {
  if (ages.some((age) => age <= -CLOCK_SKEW_MS)) return 'a tree head is from the future';
  return ages.some((age) => age > maxAgeMs) ? 'a tree head is older than demanded' : null;
}
