// Measured values beside their limits, for people.

import type { Check } from '../base/verdict/check.js';

const LABELS: Readonly<Record<string, string>> = {
  SUMMARY_DOCUMENTS: 'distinct documents',
  SUMMARY_ALPHABET: 'alphabet',
  SUMMARY_CHARACTERS: 'characters',
  SUMMARY_SHARE: 'share of the source',
  SUMMARY_COPIED_WORDS: 'copied words in a row',
  SUMMARY_COPIED_SHARE: 'share that is copied',
};

/** One line a limit: whether it holds, what was measured, what is allowed. */
export function renderLimits(checks: readonly Check[]): string {
  return checks
    .map(({ id, status, expected, actual }) => {
      const label = (LABELS[id] ?? id).padEnd(22);
      return `${status === 'pass' ? 'ok  ' : 'fail'}  ${label} ${(actual ?? '-').padEnd(10)} allowed: ${expected ?? '-'}`;
    })
    .join('\n');
}
