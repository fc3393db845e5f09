// The disclosure guard: what a summary lets out, measured against the contract's limits. A function of its arguments alone.

import { createHash } from 'node:crypto';

import { type Check, CheckList } from '../base/verdict/check.js';
import type { ContractLimits } from '../contract/schema.js';
import { longestVerbatimRun } from './verbatim.js';
import { countWords, wordBlocks } from './words.js';

/** The limits that one summary is held against; the number of results is counted elsewhere. */
export type DisclosureLimits = Pick<
  ContractLimits,
  'maxTokens' | 'maxShareOfSource' | 'maxVerbatimTokens' | 'minDocuments'
>;

/** A text that is about to leave, with its length in the model's tokens (words for the extractive method). */
export interface ReleasedText {
  readonly text: string;
  readonly tokens: number;
}

const SPEC = 'contract: summary.limits';

/**
 * Holds everything that is about to leave against the limits, all of it together: two summaries may not share out what one may
 * not say. Each check carries the limit (`expected`) and the measured value (`actual`); neither they nor the reason hold text.
 *
 * @param sources - the documents, whole; an empty one and a repeated one do not count as documents.
 * @param released - the summary, or every text of the result.
 * @returns SUMMARY_DOCUMENTS, SUMMARY_TOKENS, SUMMARY_SHARE, SUMMARY_VERBATIM, in this order, none ever skipped.
 */
export function appraiseDisclosure(
  limits: DisclosureLimits,
  sources: readonly string[],
  released: ReleasedText | readonly ReleasedText[],
): readonly Check[] {
  const texts = 'text' in released ? [released] : released;
  const checks = new CheckList();
  const check = (id: string, actual: number, limit: number, holds: boolean, reason: string): void =>
    checks.record(id, holds, {
      expected: `${id === 'SUMMARY_DOCUMENTS' ? '>=' : '<='} ${limit}`,
      actual: String(actual),
      spec: SPEC,
      ...(holds ? {} : { reason }),
    });

  const documents = countDistinct(sources);
  check(
    'SUMMARY_DOCUMENTS',
    documents,
    limits.minDocuments,
    documents >= limits.minDocuments,
    'fewer distinct documents than the contract demands',
  );
  const tokens = sum(texts.map((text) => Math.max(text.tokens, countSpaced(text.text))));
  check(
    'SUMMARY_TOKENS',
    tokens,
    limits.maxTokens,
    tokens <= limits.maxTokens,
    'longer than the contract allows',
  );
  const share = shareOf(sum(texts.map((text) => countWords(text.text))), sum(sources.map(countWords)));
  check(
    'SUMMARY_SHARE',
    share,
    limits.maxShareOfSource,
    share <= limits.maxShareOfSource,
    'a larger share of the source than the contract allows',
  );
  const run = Math.max(0, ...texts.map((text) => longestVerbatimRun(sources, text.text)));
  check(
    'SUMMARY_VERBATIM',
    run,
    limits.maxVerbatimTokens,
    run <= limits.maxVerbatimTokens,
    'repeats the source word for word at greater length than the contract allows',
  );
  return checks.list();
}

/** Whether every limit holds; an empty list does not. */
export function withinLimits(checks: readonly Check[]): boolean {
  return checks.length > 0 && checks.every((check) => check.status === 'pass');
}

/* Rounded up, so that a share over the limit is never shown as the limit. */
function shareOf(part: number, whole: number): number {
  if (part === 0) return 0;
  return whole === 0 ? Infinity : Math.ceil((part / whole) * 10_000) / 10_000;
}

function countDistinct(sources: readonly string[]): number {
  return new Set(sources.map(digestOfWords).filter((digest) => digest !== null)).size;
}

function digestOfWords(source: string): string | null {
  const hash = createHash('sha256');
  let count = 0;
  for (const block of wordBlocks(source)) {
    for (const word of block) hash.update(`${word} `);
    count += block.length;
  }
  return count === 0 ? null : hash.digest('hex');
}

/* The guard's own lower bound on the length: what white space separates cannot be fewer tokens. */
function countSpaced(text: string): number {
  return text.split(/\s+/u).filter((part) => part !== '').length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
