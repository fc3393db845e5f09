// The kinds of what goes into a transparency log.

/** What goes into a log. */
export const ENTRY_KINDS = [
  'contract',
  'consent',
  'policy',
  'seal-statement',
  'deployment',
  'receipt',
  'tombstone',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];
