// Sentences that a model joined out of two: the subject of one and the predicate of another make a third that nobody wrote.

import { words } from './words.js';

/** So much of a sentence, in order, makes it that sentence shortened. */
export const FROM_ONE = 0.85;
/** So much of it, in order, out of two makes it a splice of them. */
export const FROM_TWO = 0.85;
/** Words that each of the two gives at least. */
const LEAST_SHARE = 2;
/** A sentence that goes on about the one before it: "It does Z." may be joined to "X is a Y." */
const GOES_ON = /^(?:it|they|he|she|er|sie|es|il|elle|ils|elles|ella|ellos)$/;

/**
 * Whether a sentence's words come in order out of two sentences of the source, and out of no single one.
 *
 * @param sentence - of a summary.
 * @param source - sentences of the text that was summarized, in order.
 */
export function isSplice(sentence: string, source: readonly string[]): boolean {
  const own = words(sentence);
  if (own.length < 2 * LEAST_SHARE) return false;
  const heads = source.map((text) => matchedHeads(own, words(text)));
  if (heads.some((matched) => (matched[own.length] ?? 0) >= FROM_ONE * own.length)) return false;
  const tails = source.map((text) => matchedHeads([...own].reverse(), words(text).reverse()));
  return heads.some((head, first) =>
    tails.some(
      (tail, second) => first !== second && !goesOn(source, first, second) && joins(head, tail, own.length),
    ),
  );
}

/* Whether there is a place where a head out of one sentence and a tail out of the other meet. */
function joins(head: readonly number[], tail: readonly number[], length: number): boolean {
  for (let at = LEAST_SHARE; at <= length - LEAST_SHARE; at++) {
    const [before, after] = [head[at] ?? 0, tail[length - at] ?? 0];
    if (before >= LEAST_SHARE && after >= LEAST_SHARE && before + after >= FROM_TWO * length) return true;
  }
  return false;
}

function goesOn(source: readonly string[], first: number, second: number): boolean {
  const [opening] = words(source[second] ?? '');
  return second === first + 1 && opening !== undefined && GOES_ON.test(opening);
}

/** How many words of `own` stand in `other` in the same order. */
export function wordsInOrder(own: readonly string[], other: readonly string[]): number {
  return matchedHeads(own, other)[own.length] ?? 0;
}

/* For each head of `own` (of 0 words, 1 word, …), how many of its words stand in `other` in order (longest common subsequence). */
function matchedHeads(own: readonly string[], other: readonly string[]): readonly number[] {
  let row = new Int32Array(other.length + 1);
  const matched = [0];
  for (const word of own) {
    const next = new Int32Array(other.length + 1);
    other.forEach((candidate, at) => {
      next[at + 1] = candidate === word ? (row[at] ?? 0) + 1 : Math.max(row[at + 1] ?? 0, next[at] ?? 0);
    });
    row = next;
    matched.push(row[other.length] ?? 0);
  }
  return matched;
}
