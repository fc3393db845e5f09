// Which sentences are central: LexRank (Erkan and Radev, 2004) over TF-IDF cosines without a threshold. The matrix of
// similarities is a product of the sentences' vectors, so a step of the power iteration needs the vectors only: linear in the text.

import type { Breath } from './breath.js';
import { isFunctionWord } from './function-words.js';
import { words } from './words.js';

const DAMPING = 0.85;
const ROUNDS = 12;
/** Sentences between two breaths. */
const STRIDE = 256;

/** The terms of a sentence, with their weights; of length 1 unless the sentence has no terms. */
export interface SentenceVector {
  readonly terms: Int32Array;
  readonly weights: Float64Array;
}

/** Vectors of the sentences of one text, over the terms of all of them. */
export interface SentenceVectors {
  readonly vectors: readonly SentenceVector[];
  readonly termCount: number;
}

/** Of a long word its beginning counts: inflected forms are one term. */
const STEM = 7;

function termOf(word: string): string | null {
  return isFunctionWord(word) ? null : word.slice(0, STEM);
}

/** TF-IDF vectors, normalised; inverse document frequency over the sentences themselves. */
export async function vectorsOf(texts: readonly string[], breathe: Breath): Promise<SentenceVectors> {
  const ids = new Map<string, number>();
  const occurrences: number[] = [];
  const counted: ReadonlyMap<number, number>[] = [];
  for (const [index, text] of texts.entries()) {
    if (index % STRIDE === 0) await breathe();
    const counts = new Map<number, number>();
    for (const word of words(text)) {
      const term = termOf(word);
      if (term === null) continue;
      const id = ids.get(term) ?? ids.size;
      ids.set(term, id);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const id of counts.keys()) occurrences[id] = (occurrences[id] ?? 0) + 1;
    counted.push(counts);
  }
  const idf = occurrences.map((count) => Math.log(1 + texts.length / count));
  return { vectors: counted.map((counts) => weigh(counts, idf)), termCount: ids.size };
}

function weigh(counts: ReadonlyMap<number, number>, idf: readonly number[]): SentenceVector {
  const terms = Int32Array.from(counts.keys());
  const weights = Float64Array.from(counts, ([id, count]) => count * (idf[id] ?? 0));
  const norm = Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0));
  return { terms, weights: norm === 0 ? weights : weights.map((weight) => weight / norm) };
}

/**
 * The stationary share of each sentence, together 1.
 *
 * @param prior - where the walk begins anew, together 1.
 */
export async function centrality(
  { vectors, termCount }: SentenceVectors,
  prior: Float64Array,
  breathe: Breath,
): Promise<Float64Array> {
  const sums = new Float64Array(termCount);
  const spread = async (share: (index: number) => number): Promise<void> => {
    sums.fill(0);
    for (const [index, vector] of vectors.entries()) {
      if (index % STRIDE === 0) await breathe();
      const amount = share(index);
      for (let at = 0; at < vector.terms.length; at++)
        sums[vector.terms[at] ?? 0] = (sums[vector.terms[at] ?? 0] ?? 0) + amount * (vector.weights[at] ?? 0);
    }
  };
  const collect = ({ terms, weights }: SentenceVector): number => {
    let dot = 0;
    for (let at = 0; at < terms.length; at++) dot += (sums[terms[at] ?? 0] ?? 0) * (weights[at] ?? 0);
    return dot;
  };
  await spread(() => 1);
  /* A sentence is alike to itself; that link does not count. */
  const degrees = vectors.map((vector) => (vector.terms.length === 0 ? 0 : collect(vector) - 1));
  let ranks = prior;
  for (let round = 0; round < ROUNDS; round++) {
    const current = ranks;
    const shares = degrees.map((degree, index) => (degree > 1e-9 ? (current[index] ?? 0) / degree : 0));
    await spread((index) => shares[index] ?? 0);
    const next = Float64Array.from(
      vectors,
      (vector, index) =>
        (1 - DAMPING) * (prior[index] ?? 0) +
        DAMPING * Math.max(0, collect(vector) - (vector.terms.length === 0 ? 0 : (shares[index] ?? 0))),
    );
    ranks = normalised(next);
  }
  return ranks;
}

/** Shares that add up to 1; all 0 stays so. */
export function normalised(shares: Float64Array): Float64Array {
  const total = shares.reduce((sum, share) => sum + share, 0);
  return total === 0 ? shares : shares.map((share) => share / total);
}

/** Cosine of two sentences of the same text. */
export function likeness(a: SentenceVector, b: SentenceVector): number {
  const weights = new Map(Array.from(b.terms, (term, at) => [term, b.weights[at] ?? 0]));
  return a.terms.reduce((sum, term, at) => sum + (a.weights[at] ?? 0) * (weights.get(term) ?? 0), 0);
}
