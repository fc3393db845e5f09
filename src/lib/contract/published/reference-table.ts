// Reference values: what is known of others' firmware, services and ledgers, with a date. The form of the table, and how one
// row is judged.

import * as v from 'valibot';

import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';

/** From the newest. `withdrawn`: must not be trusted any more. */
export const REFERENCE_CLASSES = ['latest', 'current', 'old', 'withdrawn'] as const;
export type ReferenceClass = (typeof REFERENCE_CLASSES)[number];

const Day = v.pipe(
  v.string(),
  v.isoDate(),
  v.check((day) => isDay(day), 'a day that the month has'),
);
const hex = (digits: number) =>
  v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${digits}}$`), `${digits} lower-case hex digits`));
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Spl = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));

/* What every row says besides its value. */
const row = {
  status: v.picklist(REFERENCE_CLASSES),
  /** Since when the row says so. */
  date: Day,
  /** Where it is published. */
  source: v.pipe(v.string(), v.minLength(1), v.maxLength(500)),
};

/** The public key of a ledger. */
export const LedgerJwk = v.strictObject({
  kty: v.literal('EC'),
  crv: v.picklist(['P-256', 'P-384']),
  x: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/)),
  y: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/)),
});

/** The form of the table; unknown members are errors. */
export const ReferenceTableSchema = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-reference'),
  date: Day,
  /** Security versions of Microsoft's utility VM. */
  uvm: v.array(v.strictObject({ svn: Count, ...row })),
  /** Security versions of Microsoft's infrastructure fragment. */
  infrastructure: v.array(v.strictObject({ svn: Count, ...row })),
  /** Releases of Microsoft's key-release sidecar, by tag. */
  sidecars: v.array(
    v.strictObject({
      tag: v.string(),
      digest: v.nullable(v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/))),
      ...row,
    }),
  ),
  /** AMD firmware: a row is met by whatever has at least each of its components. */
  tcb: v.array(
    v.strictObject({
      product: v.picklist(['Milan', 'Genoa', 'Turin']),
      fmc: v.optional(Spl),
      bootloader: Spl,
      tee: Spl,
      snp: Spl,
      microcode: Spl,
      ...row,
    }),
  ),
  /** HOST_DATA of attestation services that run in a confidential container group themselves. */
  services: v.array(v.strictObject({ name: v.string(), hostData: hex(64), ...row })),
  /** Keys of transparency ledgers. */
  ledgers: v.array(v.strictObject({ issuer: v.string(), kid: v.string(), jwk: LedgerJwk, ...row })),
  /** What was announced of faults, as far as it is public. */
  advisories: v.array(
    v.strictObject({
      id: v.string(),
      /** What it is about. */
      about: v.picklist(['utility VM', 'sidecar', 'service', 'firmware', 'platform']),
      /** Null where nobody says so in public. */
      fixedIn: v.nullable(v.string()),
      summary: v.pipe(v.string(), v.maxLength(500)),
      date: Day,
      source: v.string(),
    }),
  ),
});

export type ReferenceTable = v.InferOutput<typeof ReferenceTableSchema>;
export type ReferenceSection = 'uvm' | 'infrastructure' | 'sidecars' | 'tcb' | 'services' | 'ledgers';
export type ReferenceRow = ReferenceTable[ReferenceSection][number];
export type TcbRow = ReferenceTable['tcb'][number];
export type LedgerRow = ReferenceTable['ledgers'][number];
export type ServiceRow = ReferenceTable['services'][number];

/** What two rows of a section have in common when they are about the same thing. */
export function referenceKey(entry: ReferenceRow): string {
  if ('svn' in entry) return String(entry.svn);
  if ('tag' in entry) return entry.tag;
  if ('hostData' in entry) return entry.hostData;
  if ('kid' in entry) return `${entry.issuer} ${entry.kid}`;
  const { product, fmc = '-', bootloader, tee, snp, microcode } = entry;
  return [product, fmc, bootloader, tee, snp, microcode].join(' ');
}

export const REFERENCE_SECTIONS: readonly ReferenceSection[] = [
  'uvm',
  'infrastructure',
  'sidecars',
  'tcb',
  'services',
  'ledgers',
];

/** Reads a table; each thing stands in it once. @throws CleanroomError REFERENCE_INVALID */
export function parseReferenceTable(text: string): ReferenceTable {
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw invalid(cause.message);
  }
  const outcome = v.safeParse(ReferenceTableSchema, value);
  if (!outcome.success) {
    const [issue] = outcome.issues;
    throw invalid(`${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`);
  }
  const table = outcome.output;
  for (const section of REFERENCE_SECTIONS) {
    const keys = table[section].map(referenceKey);
    const twice = keys.find((key, index) => keys.indexOf(key) !== index);
    if (twice !== undefined) throw invalid(`${section}: ${twice} stands in it twice`);
  }
  return table;
}

/* `new Date` takes 2026-02-30 for 2 March. */
function isDay(day: string): boolean {
  const time = new Date(day);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day);
}

function invalid(reason: string): CleanroomError {
  return new CleanroomError('REFERENCE_INVALID', `the table of reference values cannot be read: ${reason}`);
}
