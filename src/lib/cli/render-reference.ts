// Tables of reference values, for people.

import { REFERENCE_SECTIONS, referenceKey } from '../contract/published/reference-table.js';
import { renderAge } from '../evidence/describe-reference.js';
import type { ShownReference } from '../parties/reference/show-reference.js';
import type { ReferenceVerification } from '../parties/reference/verify-reference.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';

const VALUE_WIDTH = 44;

/** One line a row: class, value, day, source. */
export function renderReference({ table, ageDays, from }: ShownReference): string {
  const head = `reference values of ${table.date}, ${renderAge(ageDays)}, ${from === 'package' ? 'of this version' : 'by a signed update'}`;
  const rows = REFERENCE_SECTIONS.flatMap((section) => [
    section,
    ...table[section].map((row) => {
      const value = referenceKey(row);
      const shown = value.length > VALUE_WIDTH ? `${value.slice(0, VALUE_WIDTH - 1)}…` : value;
      return `  ${row.status.padEnd(9)}  ${shown.padEnd(VALUE_WIDTH)}  ${row.date}  ${row.source}`;
    }),
  ]);
  const advisories = table.advisories.map(
    ({ id, fixedIn, summary }) =>
      `  ${id}  ${fixedIn === null ? 'no known fix' : `fixed in ${fixedIn}`}: ${summary}`,
  );
  return escapeTerminal([head, ...rows, 'advisories', ...advisories].join('\n'));
}

export function renderReferenceVerification({
  date,
  ageDays,
  signed,
  stricter,
  refused,
}: ReferenceVerification): string {
  return escapeTerminal(
    [
      `${signed ? 'signed' : 'unsigned'}  table of reference values of ${date}, ${renderAge(ageDays)}`,
      ...stricter.map((what) => `  stricter     ${what}`),
      ...refused.map((what) => `  not allowed  ${what}`),
    ].join('\n'),
  );
}
