// Which table of reference values a verdict used, in words.

import type { ReferenceInUse } from '../base/verdict/statement.js';

/** From this age on every verdict warns: withdrawals since then are not known. */
export const REFERENCE_WARN_DAYS = 180;

/** `of 2026-11-30, 12 days old`, and which unsigned table was laid over it. */
export function describeReference({ date, ageDays, from, unsigned }: ReferenceInUse): string {
  const age = `of ${date}, ${renderAge(ageDays)}`;
  const source = from === 'update' ? `${age}, by a signed update` : age;
  return unsigned === undefined
    ? source
    : `${source}, made stricter by an unsigned table (SHA-256 ${unsigned.slice(0, 12)}…)`;
}

/** `1 day old`, `12 days old`. */
export function renderAge(days: number): string {
  return `${days} ${days === 1 ? 'day' : 'days'} old`;
}

/** What has to be said of a table that is old; none if it is not. */
export function referenceWarnings({ date, ageDays }: ReferenceInUse): readonly string[] {
  return ageDays < REFERENCE_WARN_DAYS
    ? []
    : [
        `the table of reference values has the date ${date}, ${ageDays} days before this judgement; it does not contain what was withdrawn since then`,
      ];
}
