// How old evidence is, by times that somebody signed: a report has none of its own.

import type { CheckLog } from '../attestation/check-log.js';
import type { Expectations } from '../attestation/expectations.js';
import type { AttestationToken } from '../attestation/maa/token.js';
import type { Check } from '../base/verdict/check.js';
import type { ReadReceipt } from './receipt.js';

/**
 * Records MAX_AGE: against the `iat` of a token whose signature was checked, else the newest receipt by the room's own
 * key. Without either, a demanded age cannot be shown, and that is a failure.
 */
export function recordAge(
  token: { readonly token: AttestationToken | null; readonly checks: readonly Check[] },
  receipts: readonly ReadReceipt[],
  { at, maxAgeMs }: Expectations,
  log: CheckLog,
): void {
  const times = [...tokenTime(token), ...receipts.map(({ receipt }) => Date.parse(receipt.time))];
  const newest = times.length === 0 ? null : Math.max(...times.filter((time) => time <= at.getTime()));
  if (maxAgeMs === undefined) {
    log.skip('no greatest age was demanded', 'MAX_AGE');
    return;
  }
  const known = newest !== null && Number.isFinite(newest);
  log.record('MAX_AGE', known && at.getTime() - newest <= maxAgeMs, {
    expected: `at most ${Math.round(maxAgeMs / 1000)} s old`,
    actual: known ? `${Math.round((at.getTime() - newest) / 1000)} s old` : 'no signed time',
    reason: known
      ? 'the evidence is older than demanded'
      : 'nothing in the evidence says when it was made; ask the room with a nonce instead',
  });
}

function tokenTime({
  token,
  checks,
}: {
  readonly token: AttestationToken | null;
  readonly checks: readonly Check[];
}): readonly number[] {
  const signed = checks.some((check) => check.id === 'JWT_SIGNATURE' && check.status === 'pass');
  const issued = token?.claims['iat'];
  return signed && typeof issued === 'number' ? [issued * 1000] : [];
}
