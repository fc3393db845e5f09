// The disclosure guard: what a result lets out, measured against the contract's limits in what no model chooses. A function
// of its arguments alone.

import { createHash } from 'node:crypto';

import type { Sha256Hex } from '../base/bytes/digest.js';
import { alphabetOf } from '../contract/limits/alphabet.js';
import { countCharacters, formProblem } from '../contract/limits/summary-text.js';
import type { TextLimits } from '../contract/schema.js';
import { type Check, CheckList } from '../base/verdict/check.js';
import { type Copies, measureCopies } from './copy-measure.js';
import { wordBlocks } from './words.js';

/** A document of a dataset. */
export interface DisclosureSource {
  readonly dataset: string;
  readonly text: string;
}

/** What is measured of a document whatever leaves: it holds nothing that the text says. */
export interface SourceFacts {
  /** As countCharacters counts. */
  readonly characters: number;
  /** SHA-256 of its words in normal form; null for a document without words. */
  readonly words: Sha256Hex | null;
}

/** The facts of a document, and the dataset that it is of. */
export interface MeasuredSource extends SourceFacts {
  readonly dataset: string;
}

/** The facts of a document, whole. */
export function measureSource(text: string): SourceFacts {
  return { characters: countCharacters(text), words: digestOfWords(text) };
}

const SPEC = 'contract: summary.limits';

/**
 * Compares everything that is about to leave with the limits, all of it together: two texts may not share out what one may
 * not say. Each check carries the limit (`expected`) and the measured value (`actual`); neither they nor the reason hold text.
 *
 * @param sources - every document, whole.
 * @param texts - every text of the result; where there are several, none has a line feed.
 * @returns SUMMARY_DOCUMENTS, SUMMARY_ALPHABET, SUMMARY_CHARACTERS, SUMMARY_SHARE, SUMMARY_COPIED_WORDS, SUMMARY_COPIED_SHARE,
 *   in this order, none ever skipped.
 */
export function appraiseDisclosure(
  limits: TextLimits,
  sources: readonly DisclosureSource[],
  texts: readonly string[],
): readonly Check[] {
  const measured = sources.map(({ dataset, text }) => ({ dataset, ...measureSource(text) }));
  const copies = measureCopies(
    sources.map(({ text }) => text),
    texts,
  );
  return appraiseMeasured(limits, { sources: measured, copies }, texts);
}

/** The same of documents that were measured one by one, and of what the texts copy of them. */
export function appraiseMeasured(
  limits: TextLimits,
  { sources, copies }: { readonly sources: readonly MeasuredSource[]; readonly copies: Copies },
  texts: readonly string[],
): readonly Check[] {
  const checks = new CheckList();
  const atMost = (id: string, actual: number, limit: number, reason: string): void =>
    checks.record(id, actual <= limit, {
      expected: `<= ${limit}`,
      actual: String(actual),
      spec: SPEC,
      ...(actual <= limit ? {} : { reason }),
    });

  recordDocuments(checks, limits, sources);
  recordForm(checks, limits, texts);
  const characters = sum(texts.map(countCharacters));
  const written = sum(sources.map((source) => source.characters));
  atMost('SUMMARY_CHARACTERS', characters, limits.maxCharacters, 'longer than the contract allows');
  atMost(
    'SUMMARY_SHARE',
    shareOf(characters, written),
    limits.maxShareOfSource,
    'a larger share of the source than the contract allows',
  );
  atMost(
    'SUMMARY_COPIED_WORDS',
    Math.max(copies.stretch, copies.longest),
    limits.maxCopiedWords,
    'repeats the source word for word at greater length than the contract allows',
  );
  atMost(
    'SUMMARY_COPIED_SHARE',
    Math.ceil(copies.share * 10_000) / 10_000,
    limits.maxCopiedShare,
    'more of it is copied from the source than the contract allows',
  );
  return checks.list();
}

/** Whether every limit holds; an empty list does not. */
export function withinLimits(checks: readonly Check[]): boolean {
  return checks.length > 0 && checks.every((check) => check.status === 'pass');
}

/**
 * How many of a dataset's documents differ in their words; one without words is none.
 *
 * @param enough - where counting ends; the whole number if absent.
 */
export function countDistinctDocuments(texts: Iterable<string>, enough = Infinity): number {
  const seen = new Set<string>();
  for (const text of texts) {
    if (seen.size >= enough) break;
    const digest = digestOfWords(text);
    if (digest !== null) seen.add(digest);
  }
  return seen.size;
}

/** The same of documents that were measured: of the dataset that has fewest; 0 where there is none. */
export function fewestDistinct(sources: readonly MeasuredSource[]): number {
  const seen = new Map<string, Set<string>>();
  for (const { dataset, words } of sources) {
    const digests = seen.get(dataset) ?? new Set<string>();
    seen.set(dataset, digests);
    if (words !== null) digests.add(words);
  }
  return seen.size === 0 ? 0 : Math.min(...[...seen.values()].map(({ size }) => size));
}

function recordDocuments(
  checks: CheckList,
  { minDocuments }: TextLimits,
  sources: readonly MeasuredSource[],
): void {
  const counted = fewestDistinct(sources);
  checks.record('SUMMARY_DOCUMENTS', counted >= minDocuments, {
    expected: `>= ${minDocuments}`,
    actual: String(counted),
    spec: SPEC,
    ...(counted >= minDocuments ? {} : { reason: 'fewer distinct documents than the contract demands' }),
  });
}

/* A line feed between texts stands for the end of one: inside one of several it would say more than is counted. */
function recordForm(checks: CheckList, { scripts }: TextLimits, texts: readonly string[]): void {
  const alphabet = alphabetOf(scripts);
  const problems = texts.map(
    (text) =>
      formProblem(text, alphabet) ??
      (texts.length > 1 && (text === '' || text.includes('\n')) ? 'white space' : null),
  );
  const problem = problems.find((found) => found !== null) ?? null;
  checks.record('SUMMARY_ALPHABET', problem === null, {
    expected: scripts.join(', '),
    actual: problem ?? scripts.join(', '),
    spec: SPEC,
    ...(problem === null ? {} : { reason: 'it is not in the form in which a text may leave' }),
  });
}

/* Rounded up, so that a share over the limit is never shown as the limit. */
function shareOf(part: number, whole: number): number {
  if (part === 0) return 0;
  return whole === 0 ? Infinity : Math.ceil((part / whole) * 10_000) / 10_000;
}

function digestOfWords(source: string): Sha256Hex | null {
  const hash = createHash('sha256');
  let count = 0;
  for (const block of wordBlocks(source)) {
    if (block.length > 0) hash.update(`${block.join(' ')} `);
    count += block.length;
  }
  return count === 0 ? null : (hash.digest('hex') as Sha256Hex);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
