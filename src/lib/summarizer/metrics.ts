// How close a summary is to a text: BLEU-4 (Papineni et al., 2002) and ROUGE-1, -2 and -L (Lin, 2004), over normal-form words.

import { wordBlocks, words } from './words.js';

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

/** The metrics of `candidate` against `reference`: a source, or a summary written by somebody. The reference is read once. */
export function measureOverlap(candidate: string, reference: string): Metrics {
  const own = words(candidate);
  const grams = new Grams(own);
  const subsequence = new CommonSubsequence(own);
  let length = 0;
  for (const block of wordBlocks(reference)) {
    length += block.length;
    for (const word of block) {
      const id = grams.idOf(word);
      grams.read(id);
      if (id !== NONE) subsequence.read(id);
    }
  }
  const counts = [1, 2, 3, 4].map((n) => ({
    hits: grams.hits[n] ?? 0,
    candidates: Math.max(0, own.length - n + 1),
    references: Math.max(0, length - n + 1),
  }));
  const [first = NOTHING, second = NOTHING] = counts;
  return {
    bleu4: bleu4(counts, own.length, length),
    rouge1: overlap(first),
    rouge2: overlap(second),
    rougeL: overlap({ hits: subsequence.length(), candidates: own.length, references: length }),
  };
}

/* N-grams of the candidate that the reference has too, each as often as both have it. */
interface Hits {
  readonly hits: number;
  readonly candidates: number;
  readonly references: number;
}

const NOTHING: Hits = { hits: 0, candidates: 0, references: 0 };

function bleu4(counts: readonly Hits[], candidate: number, reference: number): number {
  if (candidate === 0 || reference === 0) return 0;
  let logarithms = 0;
  for (const [index, { hits, candidates }] of counts.entries()) {
    const smoothing = index === 0 ? 0 : 1;
    if (hits + smoothing === 0) return 0;
    logarithms += Math.log((hits + smoothing) / (candidates + smoothing)) / 4;
  }
  const brevity = Math.min(0, 1 - reference / candidate);
  return Math.exp(logarithms + brevity);
}

function overlap({ hits, candidates, references }: Hits): Overlap {
  const precision = candidates === 0 ? 0 : hits / candidates;
  const recall = references === 0 ? 0 : hits / references;
  return { precision, recall, f1: hits === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

/** A word, or a run of words, that the candidate does not have. */
const NONE = -1;
const LONGEST_GRAM = 4;

/* The candidate's runs of up to four words as a tree: a node a run, and how often the candidate has it more than was read. */
class Grams {
  /** Runs of n words that both have. */
  readonly hits: number[] = [0, 0, 0, 0, 0];
  private readonly ids = new Map<string, number>();
  private readonly nodes = new Map<number, number>();
  private readonly left: number[] = [];
  private readonly width: number;
  /** Nodes of the runs of 1, 2 and 3 words that end at the word before. */
  private last: readonly [number, number, number] = [NONE, NONE, NONE];

  constructor(candidate: readonly string[]) {
    for (const word of candidate) if (!this.ids.has(word)) this.ids.set(word, this.ids.size);
    this.width = this.ids.size;
    const own = candidate.map((word) => this.idOf(word));
    for (let at = 0; at < own.length; at++) {
      let node = NONE;
      for (const id of own.slice(at, at + LONGEST_GRAM)) node = this.add(node, id);
    }
  }

  idOf(word: string): number {
    return this.ids.get(word) ?? NONE;
  }

  read(id: number): void {
    if (id === NONE) {
      this.last = [NONE, NONE, NONE];
      return;
    }
    const [one, two, three] = this.last;
    const single = this.hit(1, NONE, id);
    const pair = one === NONE ? NONE : this.hit(2, one, id);
    const triple = two === NONE ? NONE : this.hit(3, two, id);
    if (three !== NONE) this.hit(4, three, id);
    this.last = [single, pair, triple];
  }

  private hit(n: number, before: number, id: number): number {
    const node = this.nodes.get(this.edge(before, id)) ?? NONE;
    const left = this.left[node] ?? 0;
    if (left > 0) {
      this.left[node] = left - 1;
      this.hits[n] = (this.hits[n] ?? 0) + 1;
    }
    return node;
  }

  private add(before: number, id: number): number {
    const edge = this.edge(before, id);
    const node = this.nodes.get(edge) ?? this.nodes.size;
    this.nodes.set(edge, node);
    this.left[node] = (this.left[node] ?? 0) + 1;
    return node;
  }

  private edge(before: number, id: number): number {
    return (before + 1) * this.width + id;
  }
}

/* Bit-parallel (Hyyrö, 2004): a column of the table is a number with a bit for each word of the candidate, in limbs of 32 bits. */
class CommonSubsequence {
  private readonly column: Uint32Array;
  private readonly places: Uint32Array[] = [];

  /** @param candidate - its words; a word's number is its place among the distinct ones */
  constructor(private readonly candidate: readonly string[]) {
    const limbs = Math.ceil(candidate.length / 32);
    this.column = new Uint32Array(limbs).fill(0xffffffff);
    const ids = new Map<string, number>();
    for (const [at, word] of candidate.entries()) {
      const id = ids.get(word) ?? ids.size;
      ids.set(word, id);
      const places = (this.places[id] ??= new Uint32Array(limbs));
      places[at >> 5] = (places[at >> 5] ?? 0) | (1 << (at & 31));
    }
  }

  read(id: number): void {
    const places = this.places[id];
    if (places === undefined) return;
    let carry = 0;
    for (let limb = 0; limb < places.length; limb++) {
      const column = this.column[limb] ?? 0;
      const common = (column & (places[limb] ?? 0)) >>> 0;
      const sum = column + common + carry;
      carry = sum > 0xffffffff ? 1 : 0;
      this.column[limb] = sum | 0 | (column - common);
    }
  }

  length(): number {
    let length = 0;
    for (let at = 0; at < this.candidate.length; at++)
      if ((((this.column[at >> 5] ?? 0) >>> (at & 31)) & 1) === 0) length++;
    return length;
  }
}
