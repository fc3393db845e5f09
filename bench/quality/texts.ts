// The texts of bench:quality: pairs of a text and a summary that a person wrote, by kind.

import { readFileSync } from 'node:fs';

export interface Pair {
  readonly text: string;
  readonly summary: string;
  readonly language?: string;
}

const LANGUAGES = { de: 'German', fr: 'French', es: 'Spanish' } as const;

const read = (path: string): readonly Pair[] => JSON.parse(readFileSync(path, 'utf8')) as readonly Pair[];
const foreign = read('bench/texts/languages.json');
/** Descriptions and documents (English), minutes, mail and reports (English), texts in three other languages, and held-out ones. */
export const KINDS: Readonly<Record<string, readonly Pair[]>> = {
  descriptions: read('test/fixtures/sample-pairs.json'),
  documents: read('tools/models/eval-docs.json'),
  minutes: read('bench/texts/minutes.json'),
  mail: read('bench/texts/mail.json'),
  reports: read('bench/texts/report.json'),
  ...Object.fromEntries(
    Object.entries(LANGUAGES).map(([code, name]) => [
      name,
      foreign.filter(({ language }) => language === code),
    ]),
  ),
  /* No factor of the extractive method was chosen on these: three kinds in four languages. */
  'held out': read('bench/texts/held-out.json'),
};
