// Extractive summaries without a model: LexRank (Erkan and Radev, 2004) over TF-IDF cosines, with a prior for early sentences.

import { type Breath, createBreath } from './breath.js';
import { eachSentence } from './sentences.js';
import { countWords, wordPieces, words } from './words.js';

/** Sentences that are ranked against each other at once; the best of each group meet in a second round. */
const GROUP = 400;
const DAMPING = 0.85;
const ROUNDS = 30;
/** Two sentences this alike say the same. */
const REDUNDANT = 0.6;
/** A sentence of fewer words is a heading or a fragment. */
const FEWEST_WORDS = 4;

export interface ExtractOptions {
  /** Most words of the summary. */
  readonly maxWords: number;
  /** Most sentences; about the square root of their number if absent, at most 5. */
  readonly maxSentences?: number;
  /** Gives way while a long text is ranked; without one nobody can stop it. */
  readonly breathe?: Breath;
}

interface Ranked {
  readonly text: string;
  readonly position: number;
  readonly terms: ReadonlyMap<string, number>;
  readonly wordCount: number;
  readonly rank: number;
}

/**
 * The central sentences of `text`, word for word, in the order in which they stand there.
 * Where even the best of them is longer than `maxWords`, its beginning, with an ellipsis.
 */
export async function extractSummary(text: string, options: ExtractOptions): Promise<string> {
  const breathe = options.breathe ?? createBreath();
  const sentences: Ranked[] = [];
  for (const sentence of eachSentence(text)) {
    await breathe();
    const terms = frequencies(words(sentence.text));
    sentences.push({
      text: sentence.text,
      position: sentences.length,
      terms,
      wordCount: countWords(sentence.text),
      rank: 0,
    });
  }
  const long = sentences.filter((sentence) => sentence.wordCount >= FEWEST_WORDS);
  const candidates = long.length > 0 ? long : sentences.filter((sentence) => sentence.wordCount > 0);
  const count =
    options.maxSentences ?? Math.min(5, Math.max(1, Math.round(Math.sqrt(candidates.length) / 2)));
  const ranked = await rankInGroups(candidates, count, breathe);
  const chosen = choose(ranked, count, options.maxWords);
  if (chosen.length > 0)
    return [...chosen]
      .sort((a, b) => a.position - b.position)
      .map((sentence) => sentence.text)
      .join(' ');
  return beginning(ranked[0]?.text ?? '', options.maxWords);
}

function choose(ranked: readonly Ranked[], count: number, maxWords: number): readonly Ranked[] {
  const weigh = weights(ranked);
  const chosen: Ranked[] = [];
  let left = maxWords;
  for (const sentence of ranked) {
    if (chosen.length === count) break;
    if (sentence.wordCount > left || spaced(sentence.text) > left) continue;
    if (chosen.some((other) => cosine(sentence.terms, other.terms, weigh) > REDUNDANT)) continue;
    chosen.push(sentence);
    left -= Math.max(sentence.wordCount, spaced(sentence.text));
  }
  return chosen;
}

async function rankInGroups(
  sentences: readonly Ranked[],
  keep: number,
  breathe: Breath,
): Promise<readonly Ranked[]> {
  if (sentences.length <= GROUP) return rank(sentences);
  const survivors: Ranked[] = [];
  for (let from = 0; from < sentences.length; from += GROUP) {
    await breathe();
    survivors.push(...rank(sentences.slice(from, from + GROUP)).slice(0, Math.max(keep, 10)));
  }
  return rankInGroups(
    survivors.sort((a, b) => a.position - b.position),
    keep,
    breathe,
  );
}

/* Power iteration over the similarity graph; ties go to the earlier sentence. */
function rank(sentences: readonly Ranked[]): readonly Ranked[] {
  const weigh = weights(sentences);
  const links = sentences.map((a) =>
    Float64Array.from(sentences, (b) => (a === b ? 0 : cosine(a.terms, b.terms, weigh))),
  );
  const degrees = links.map((row) => row.reduce((sum, link) => sum + link, 0));
  const prior = normalised(sentences.map((_, index) => 1 / (1 + index)));
  let ranks = prior;
  for (let round = 0; round < ROUNDS; round++) {
    const next = prior.map((share) => (1 - DAMPING) * share);
    links.forEach((row, from) => {
      const degree = degrees[from] ?? 0;
      const share = (DAMPING * (ranks[from] ?? 0)) / (degree === 0 ? 1 : degree);
      row.forEach((link, to) => (next[to] = (next[to] ?? 0) + share * link));
    });
    ranks = normalised(next);
  }
  return sentences
    .map((sentence, index) => ({ ...sentence, rank: ranks[index] ?? 0 }))
    .sort((a, b) => b.rank - a.rank || a.position - b.position);
}

function normalised(shares: readonly number[]): readonly number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / (total === 0 ? 1 : total));
}

function frequencies(found: readonly string[]): ReadonlyMap<string, number> {
  const terms = new Map<string, number>();
  for (const word of found) terms.set(word, (terms.get(word) ?? 0) + 1);
  return terms;
}

/* Inverse document frequency over the sentences at hand. */
function weights(sentences: readonly Ranked[]): ReadonlyMap<string, number> {
  const occurrences = new Map<string, number>();
  for (const { terms } of sentences)
    for (const term of terms.keys()) occurrences.set(term, (occurrences.get(term) ?? 0) + 1);
  return new Map([...occurrences].map(([term, count]) => [term, Math.log(1 + sentences.length / count)]));
}

function cosine(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
  weigh: ReadonlyMap<string, number>,
): number {
  let dot = 0;
  for (const [term, count] of a) dot += count * (b.get(term) ?? 0) * (weigh.get(term) ?? 0) ** 2;
  return dot === 0 ? 0 : dot / (norm(a, weigh) * norm(b, weigh));
}

function norm(terms: ReadonlyMap<string, number>, weigh: ReadonlyMap<string, number>): number {
  let squares = 0;
  for (const [term, count] of terms) squares += (count * (weigh.get(term) ?? 0)) ** 2;
  return Math.sqrt(squares);
}

function spaced(text: string): number {
  return text.split(/\s+/u).length;
}

/* As many whole words as fit; of a word that is longer than all of them together, its beginning. */
function beginning(text: string, maxWords: number): string {
  const kept: string[] = [];
  let left = maxWords;
  for (const part of text.split(/\s+/u)) {
    const pieces = wordPieces(part);
    left -= Math.max(1, pieces.length);
    if (left < 0) return `${kept.length > 0 ? kept.join(' ') : pieces.slice(0, maxWords).join('')}…`;
    kept.push(part);
  }
  return text;
}
