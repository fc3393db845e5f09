// A table of reference values that nobody signed, over the installation's own: it may raise floors and withdraw, and nothing else.

import { CleanroomError } from '../../base/errors.js';
import { isWorse } from './reference-classes.js';
import {
  REFERENCE_SECTIONS,
  type ReferenceRow,
  type ReferenceSection,
  type ReferenceTable,
  referenceKey,
} from './reference-table.js';

export interface TightenedReference {
  readonly table: ReferenceTable;
  /** What it made stricter; a clause each. */
  readonly stricter: readonly string[];
  /** What it asked for that only a signed table may do, and that therefore does not hold; a clause each. */
  readonly refused: readonly string[];
}

const DAY_MS = 86_400_000;

/**
 * @param own - signed, or of the package
 * @param now - the verifier's clock
 * @throws CleanroomError REFERENCE_OLDER for a table older than `own`, REFERENCE_INVALID for one of a later day than `now`
 */
export function tightenReference(own: ReferenceTable, given: ReferenceTable, now: Date): TightenedReference {
  requireNotFuture(given, own, now);
  if (given.date < own.date)
    throw new CleanroomError(
      'REFERENCE_OLDER',
      `the table has the date ${given.date}, and that of this installation ${own.date}`,
    );
  const stricter: string[] = [];
  const refused: string[] = [];
  const sections = REFERENCE_SECTIONS.map(
    (section) => [section, tightenSection(section, own, given, { stricter, refused })] as const,
  );
  const table = { ...own, ...Object.fromEntries(sections), advisories: withAdvisories(own, given) };
  return { table, stricter, refused };
}

/**
 * A table of a later day than the clock's is nobody's; time zones are a day apart at most, and a clock behind `own` is slow.
 *
 * @throws CleanroomError REFERENCE_INVALID
 */
export function requireNotFuture({ date }: ReferenceTable, own: ReferenceTable, now: Date): void {
  const today = Math.max(now.getTime(), Date.parse(own.date));
  if (Date.parse(date) <= today + DAY_MS) return;
  throw new CleanroomError(
    'REFERENCE_INVALID',
    `the table of reference values has the date ${date}, which is in the future`,
  );
}

interface Notes {
  readonly stricter: string[];
  readonly refused: string[];
}

function tightenSection(
  section: ReferenceSection,
  own: ReferenceTable,
  given: ReferenceTable,
  { stricter, refused }: Notes,
): readonly ReferenceRow[] {
  const known: readonly ReferenceRow[] = own[section];
  const rows: readonly ReferenceRow[] = given[section];
  const changed = known.map((row) => {
    const other = rows.find((candidate) => referenceKey(candidate) === referenceKey(row));
    if (other === undefined || other.status === row.status) return row;
    const name = `${section} ${referenceKey(row)}`;
    if (!isWorse(other.status, row.status)) {
      refused.push(`${name} is ${row.status} and stays so, not ${other.status}`);
      return row;
    }
    stricter.push(`${name} is ${other.status}, not ${row.status}`);
    return { ...row, status: other.status, date: other.date, source: other.source };
  });
  const further = rows.filter(
    (row) => !known.some((candidate) => referenceKey(candidate) === referenceKey(row)),
  );
  const added = further.filter(({ status }) => status === 'withdrawn');
  for (const row of further) {
    const name = `${section} ${referenceKey(row)}`;
    if (row.status === 'withdrawn') stricter.push(`${name} is withdrawn`);
    else refused.push(`${name} is not added as ${row.status}`);
  }
  return [...changed, ...added];
}

/* What is announced lowers nothing. */
function withAdvisories(own: ReferenceTable, given: ReferenceTable): ReferenceTable['advisories'] {
  const known = new Set(own.advisories.map(({ id }) => id));
  return [...own.advisories, ...given.advisories.filter(({ id }) => !known.has(id))];
}
