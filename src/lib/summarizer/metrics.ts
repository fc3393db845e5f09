// How close a summary is to a text: BLEU-4 (Papineni et al., 2002) and ROUGE-1, -2 and -L (Lin, 2004), over normal-form words.

import { words } from './words.js';

export interface Overlap {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** All values 0 to 1. */
export interface Metrics {
  /** Sentence BLEU with smoothing (add one from bigrams on; Lin and Och, 2004) and brevity penalty. */
  readonly bleu4: number;
  readonly rouge1: Overlap;
  readonly rouge2: Overlap;
  readonly rougeL: Overlap;
}

/** The metrics of `candidate` against `reference`: a source, or a summary written by somebody. */
export function measureOverlap(candidate: string, reference: string): Metrics {
  const c = words(candidate);
  const r = words(reference);
  return { bleu4: bleu4(c, r), rouge1: rougeN(c, r, 1), rouge2: rougeN(c, r, 2), rougeL: rougeL(c, r) };
}

function bleu4(candidate: readonly string[], reference: readonly string[]): number {
  if (candidate.length === 0 || reference.length === 0) return 0;
  let logarithms = 0;
  for (let n = 1; n <= 4; n++) {
    const { hits, candidates } = countHits(candidate, reference, n);
    const smoothing = n === 1 ? 0 : 1;
    if (hits + smoothing === 0) return 0;
    logarithms += Math.log((hits + smoothing) / (candidates + smoothing)) / 4;
  }
  const brevity = Math.min(0, 1 - reference.length / candidate.length);
  return Math.exp(logarithms + brevity);
}

function rougeN(candidate: readonly string[], reference: readonly string[], n: number): Overlap {
  const { hits, candidates, references } = countHits(candidate, reference, n);
  return overlap(hits, candidates, references);
}

function rougeL(candidate: readonly string[], reference: readonly string[]): Overlap {
  return overlap(longestCommonSubsequence(candidate, reference), candidate.length, reference.length);
}

function overlap(hits: number, candidates: number, references: number): Overlap {
  const precision = candidates === 0 ? 0 : hits / candidates;
  const recall = references === 0 ? 0 : hits / references;
  return { precision, recall, f1: hits === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

/* N-grams of the candidate that the reference has too, each as often as both have it. */
function countHits(
  candidate: readonly string[],
  reference: readonly string[],
  n: number,
): { hits: number; candidates: number; references: number } {
  const wanted = new Map<string, number>();
  const candidates = Math.max(0, candidate.length - n + 1);
  const references = Math.max(0, reference.length - n + 1);
  for (let at = 0; at < candidates; at++) {
    const gram = candidate.slice(at, at + n).join(' ');
    wanted.set(gram, (wanted.get(gram) ?? 0) + 1);
  }
  let hits = 0;
  for (let at = 0; at < references; at++) {
    const gram = n === 1 ? (reference[at] ?? '') : reference.slice(at, at + n).join(' ');
    const left = wanted.get(gram) ?? 0;
    if (left === 0) continue;
    hits++;
    wanted.set(gram, left - 1);
  }
  return { hits, candidates, references };
}

/* Bit-parallel (Hyyrö, 2004): a column of the table is one number with a bit for each word of the candidate. */
function longestCommonSubsequence(candidate: readonly string[], reference: readonly string[]): number {
  const places = new Map<string, bigint>();
  candidate.forEach((word, at) => places.set(word, (places.get(word) ?? 0n) | (1n << BigInt(at))));
  const all = (1n << BigInt(candidate.length)) - 1n;
  let column = all;
  for (const word of reference) {
    const match = places.get(word);
    if (match === undefined) continue;
    const common = column & match;
    column = ((column + common) | (column - common)) & all;
  }
  let length = 0;
  for (let rest = ~column & all; rest > 0n; rest >>= 1n) length += Number(rest & 1n);
  return length;
}
