// Which table of reference values a verdict used, in words.

import type { ReferenceInUse } from '../base/verdict/statement.js';

/** From this age on every verdict warns: withdrawals since then are not known. */
export const REFERENCE_WARN_DAYS = 180;

/** `of 2026-11-30, 12 days old`, and which unsigned table was laid over it. */
export function describeReference({ date, ageDays, from, unsigned }: ReferenceInUse): string {
  const age = `of ${date}, ${ageDays} ${ageDays === 1 ? 'day' : 'days'} old`;
  const source = from === 'update' ? `${age}, by a signed update` : age;
  return unsigned === undefined
    ? source
    : `${source}, made stricter by an unsigned table (SHA-256 ${unsigned.slice(0, 12)}…)`;
}

/** What has to be said of a table that is old; none if it is not. */
export function referenceWarnings({ date, ageDays }: ReferenceInUse): readonly string[] {
  return ageDays < REFERENCE_WARN_DAYS
    ? []
    : [
        `the table of reference values is of ${date}, ${ageDays} days before this judgement: what was withdrawn since then is not known here`,
      ];
}
