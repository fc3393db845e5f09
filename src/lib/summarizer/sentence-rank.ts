// Which sentences are central: LexRank (Erkan and Radev, 2004) over TF-IDF cosines without a threshold. The matrix of
// similarities is a product of the sentences' vectors, so a step of the power iteration needs the vectors only: linear in the text.

import type { Breath } from './breath.js';
import { isFunctionWord } from './function-words.js';
import { words } from './words.js';

const DAMPING = 0.85;
const ROUNDS = 12;
/** Sentences between two breaths. */
const STRIDE = 256;
/* Room for so many terms at first: those of an ordinary document. */
const FIRST_TERMS = 1024;

/** Vectors of the sentences of one text, over the terms of all of them, one after the other: few large arrays, no object a sentence. */
export interface SentenceVectors {
  /** Where the terms of each sentence begin in `terms` and `weights`; after the last one's, where they end. What is behind is unused. */
  readonly starts: Int32Array;
  readonly terms: Int32Array;
  /** Of length 1 together, sentence by sentence, unless it has no terms. */
  readonly weights: Float64Array;
  readonly termCount: number;
}

/** Of a long word its beginning counts: inflected forms are one term. */
const STEM = 7;

/** A longer word is looked at each time anew: what is remembered must not grow as the text does. */
const LONGEST_KNOWN = 12;
const NO_TERM = -1;

/* Numbers of terms, from 0; a function word has none. */
class Terms {
  private readonly ids = new Map<string, number>();
  private readonly known = new Map<string, number>();

  get count(): number {
    return this.ids.size;
  }

  idOf(word: string): number {
    const known = this.known.get(word);
    if (known !== undefined) return known;
    const term = isFunctionWord(word) ? null : word.slice(0, STEM);
    const id = term === null ? NO_TERM : (this.ids.get(term) ?? this.ids.size);
    if (term !== null) this.ids.set(term, id);
    if (word.length <= LONGEST_KNOWN) this.known.set(word, id);
    return id;
  }
}

/** TF-IDF vectors, normalised; inverse document frequency over the sentences themselves. */
export async function vectorsOf(texts: readonly string[], breathe: Breath): Promise<SentenceVectors> {
  const known = new Terms();
  /* Of each term: sentences that have it, and its place in the last of these. */
  const occurrences: number[] = [];
  const places: number[] = [];
  const starts = new Int32Array(texts.length + 1);
  let terms = new Int32Array(FIRST_TERMS);
  let weights = new Float64Array(FIRST_TERMS);
  let end = 0;
  for (const [index, text] of texts.entries()) {
    if (index % STRIDE === 0) await breathe();
    const start = end;
    for (const word of words(text)) {
      const id = known.idOf(word);
      if (id === NO_TERM) continue;
      const place = places[id] ?? NO_TERM;
      if (place >= start) weights[place] = (weights[place] ?? 0) + 1;
      else {
        if (end === terms.length) {
          terms = grown(terms, new Int32Array(end * 2));
          weights = grown(weights, new Float64Array(end * 2));
        }
        places[id] = end;
        occurrences[id] = (occurrences[id] ?? 0) + 1;
        terms[end] = id;
        weights[end++] = 1;
      }
    }
    starts[index + 1] = end;
  }
  const idf = Float64Array.from(occurrences, (count) => Math.log(1 + texts.length / count));
  const vectors = { starts, terms, weights, termCount: known.count };
  weigh(vectors, idf);
  return vectors;
}

function grown<T extends Int32Array | Float64Array>(numbers: T, larger: T): T {
  larger.set(numbers);
  return larger;
}

/* Counts become weights, in place. */
function weigh({ starts, terms, weights }: SentenceVectors, idf: Float64Array): void {
  for (let index = 0; index + 1 < starts.length; index++) {
    const [from, to] = [starts[index] ?? 0, starts[index + 1] ?? 0];
    let squares = 0;
    for (let at = from; at < to; at++) {
      const weight = (weights[at] ?? 0) * (idf[terms[at] ?? 0] ?? 0);
      weights[at] = weight;
      squares += weight * weight;
    }
    const norm = Math.sqrt(squares);
    if (norm !== 0) for (let at = from; at < to; at++) weights[at] = (weights[at] ?? 0) / norm;
  }
}

/**
 * The stationary share of each sentence, together 1.
 *
 * @param prior - where the walk begins anew, together 1.
 */
export async function centrality(
  vectors: SentenceVectors,
  prior: Float64Array,
  breathe: Breath,
): Promise<Float64Array> {
  const { starts } = vectors;
  const count = starts.length - 1;
  const sums = new Float64Array(vectors.termCount);
  const hasTerms = (index: number): boolean => starts[index] !== starts[index + 1];
  await breathe();
  spread(vectors, new Float64Array(count).fill(1), sums);
  const degrees = collect(vectors, sums);
  /* A sentence is alike to itself; that link does not count. */
  for (let index = 0; index < count; index++)
    degrees[index] = hasTerms(index) ? (degrees[index] ?? 0) - 1 : 0;
  const shares = new Float64Array(count);
  let ranks = prior;
  for (let round = 0; round < ROUNDS; round++) {
    await breathe();
    for (let index = 0; index < count; index++) {
      const degree = degrees[index] ?? 0;
      shares[index] = degree > 1e-9 ? (ranks[index] ?? 0) / degree : 0;
    }
    spread(vectors, shares, sums);
    const next = collect(vectors, sums);
    for (let index = 0; index < count; index++) {
      const own = hasTerms(index) ? (shares[index] ?? 0) : 0;
      next[index] = (1 - DAMPING) * (prior[index] ?? 0) + DAMPING * Math.max(0, (next[index] ?? 0) - own);
    }
    ranks = normalised(next);
  }
  return ranks;
}

/* Each term's sum over the sentences, by a share of each. */
function spread({ starts, terms, weights }: SentenceVectors, shares: Float64Array, sums: Float64Array): void {
  sums.fill(0);
  for (let index = 0; index < shares.length; index++) {
    const share = shares[index] ?? 0;
    const to = starts[index + 1] ?? 0;
    for (let at = starts[index] ?? 0; at < to; at++) {
      const term = terms[at] ?? 0;
      sums[term] = (sums[term] ?? 0) + share * (weights[at] ?? 0);
    }
  }
}

/* Each sentence's sum over its terms. */
function collect({ starts, terms, weights }: SentenceVectors, sums: Float64Array): Float64Array {
  const collected = new Float64Array(starts.length - 1);
  for (let index = 0; index < collected.length; index++) {
    const to = starts[index + 1] ?? 0;
    let dot = 0;
    for (let at = starts[index] ?? 0; at < to; at++) dot += (sums[terms[at] ?? 0] ?? 0) * (weights[at] ?? 0);
    collected[index] = dot;
  }
  return collected;
}

/** Shares that add up to 1; all 0 stays so. */
export function normalised(shares: Float64Array): Float64Array {
  const total = shares.reduce((sum, share) => sum + share, 0);
  return total === 0 ? shares : shares.map((share) => share / total);
}

/** Cosines of sentences of a text with one of them, whose vector is looked up once. */
export function likenessTo(
  { starts, terms, weights }: SentenceVectors,
  one: number,
): (other: number) => number {
  const own = new Map<number, number>();
  for (let at = starts[one] ?? 0; at < (starts[one + 1] ?? 0); at++)
    own.set(terms[at] ?? 0, weights[at] ?? 0);
  return (other) => {
    let dot = 0;
    for (let at = starts[other] ?? 0; at < (starts[other + 1] ?? 0); at++)
      dot += (weights[at] ?? 0) * (own.get(terms[at] ?? 0) ?? 0);
    return dot;
  };
}
