// What the extractive method costs: processor time a megabyte of four kinds of text, at two sizes; beside SHA-256 of the same bytes.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { appraiseDisclosure } from '../src/lib/summarizer/disclosure.js';
import { createSummarizer } from '../src/lib/summarizer/summarizer.js';
import { processorSeconds } from '../test/support/processor-time.js';
import type { BenchRow } from './row.js';

const MEGABYTES = [1, 8];
const LIMITS = {
  maxCharacters: 900,
  maxShareOfSource: 1,
  maxCopiedWords: 1000,
  maxCopiedShare: 1,
  minDocuments: 1,
  maxResults: 1,
  scripts: ['Latin' as const],
};

const prose = (JSON.parse(readFileSync('bench/texts/report.json', 'utf8')) as readonly { text: string }[])
  .map(({ text }) => text)
  .join('\n\n');

/* The `n`th piece of each kind; a number in it makes it no other piece's repetition. */
const KINDS: Readonly<Record<string, (n: number) => string>> = {
  'reports, paragraph by paragraph': (n) => `${prose.replaceAll('. ', `, as item${n} says. `)}\n\n`,
  'notes of two words, a line each': (n) => `Note ${n}.\n`,
  'names with abbreviations': (n) => `Dr. Berg${n} etc. `,
  'French, with accents': (n) => `Le conseil a décidé d'élargir la périphérie n${n} après l'été. `,
};

/** Summary and guard, as a room does both. */
export default async function benchExtractive(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [name, piece] of Object.entries(KINDS)) {
    const [small = 0, large = 0] = await measured(piece);
    const text = textOf(piece, MEGABYTES[1] ?? 1);
    const hashed = await processorSeconds(() => createHash('sha256').update(text).digest());
    rows.push({
      name: `extractive: ${name}`,
      against: `the same of ${MEGABYTES[0]} MB`,
      ratio: large / small,
      target: '<= 1.3 a MB (linear)',
      detail: `${large.toFixed(2)} s of processor a MB at ${MEGABYTES[1]} MB; SHA-256 ${((1000 * hashed) / (MEGABYTES[1] ?? 1)).toFixed(1)} ms`,
    });
  }
  return rows;
}

async function measured(piece: (n: number) => string): Promise<readonly number[]> {
  await secondsPerMegabyte(piece, 1);
  const seconds: number[] = [];
  for (const megabytes of MEGABYTES) seconds.push(await secondsPerMegabyte(piece, megabytes));
  return seconds;
}

async function secondsPerMegabyte(piece: (n: number) => string, megabytes: number): Promise<number> {
  const text = textOf(piece, megabytes);
  const summarizer = await createSummarizer({ modelDirectory: null });
  const seconds = await processorSeconds(async () => {
    const { summary } = await summarizer.summarize([{ name: 'text', text }], {});
    appraiseDisclosure(LIMITS, [{ dataset: 'text', text }], [summary]);
  });
  return seconds / megabytes;
}

function textOf(piece: (n: number) => string, megabytes: number): string {
  const parts: string[] = [];
  for (let n = 0, length = 0; length < megabytes * 1e6; n++) {
    const part = piece(n);
    parts.push(part);
    length += part.length;
  }
  return parts.join('');
}
