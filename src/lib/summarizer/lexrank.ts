// Extractive summaries without a model: the central sentences of a text, word for word, none that says what another one said.

import { type Breath, createBreath } from './breath.js';
import { centrality, likenessTo, normalised, type SentenceVectors, vectorsOf } from './sentence-rank.js';
import { sentenceWeight } from './sentence-weight.js';
import { eachSentence, type Sentence } from './sentences.js';
import { countWords, wordPieces } from './words.js';

/** Two sentences this alike say the same. */
const REDUNDANT = 0.6;
/** Where a text begins weighs most; the smaller, the more. */
const EARLY = 2;
/** How much centrality counts beside what a sentence's words say. */
const CENTRALITY = 0.6;
/** Sentences between two breaths. */
const STRIDE = 64;
/** A sentence of fewer words is a fragment. */
const FEWEST_WORDS = 4;
const ITEM_MARK = /^(?:[-*+•‣◦–>]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+/;
const ENDS = /[.!?…。！？]["'”’»)\]]*$/u;

export interface ExtractOptions {
  /** Most words of the summary. */
  readonly maxWords: number;
  /** Most sentences; about the square root of their number if absent, at most 5. */
  readonly maxSentences?: number;
  /** Whether a summary may be given; all may if absent. Asked of what would be given with each further sentence. */
  readonly fits?: (summary: string) => boolean;
  /** Whether a sentence may be given at all; where none of the text may, all are candidates, for the caller to refuse. */
  readonly mayLeave?: SentenceTest | undefined;
  /** Gives way while a long text is ranked; without one nobody can stop it. */
  readonly breathe?: Breath;
}

export type SentenceTest = (sentence: string) => boolean;

/** A sentence that may stand in a summary. */
export interface Candidate {
  readonly text: string;
  /** Place among the candidates, from 0. */
  readonly position: number;
  readonly wordCount: number;
}

/** Candidates, best first, with their vectors by position. */
export interface Ranking extends SentenceVectors {
  readonly ranked: readonly Candidate[];
}

/**
 * The central sentences of `text`, word for word, in the order in which they stand there.
 * Where even the best of them is longer than `maxWords`, its beginning, with an ellipsis.
 */
export async function extractSummary(text: string, options: ExtractOptions): Promise<string> {
  const breathe = options.breathe ?? createBreath();
  const sentences: Sentence[] = [];
  for (const sentence of eachSentence(text)) {
    if (sentences.length % STRIDE === 0) await breathe();
    sentences.push(sentence);
  }
  return extractSentences(sentences, { ...options, breathe });
}

/** The same of a text that is in sentences already. */
export async function extractSentences(
  sentences: readonly Sentence[],
  options: ExtractOptions & { readonly breathe: Breath },
): Promise<string> {
  const ranking = await rankSentences(thoseThatMayLeave(sentences, options.mayLeave), options.breathe);
  const chosen = chooseSentences(ranking, options);
  if (chosen.length > 0) return inOrder(chosen);
  return beginning(ranking.ranked[0]?.text ?? '', options.maxWords, options.fits);
}

function thoseThatMayLeave(
  sentences: readonly Sentence[],
  mayLeave: SentenceTest = () => true,
): readonly Sentence[] {
  const usable = sentences.filter(({ text }) => mayLeave(text));
  return usable.length > 0 ? usable : sentences;
}

/** Sentences as they stand in the text, joined. */
export function inOrder(chosen: readonly Candidate[]): string {
  return [...chosen]
    .sort((a, b) => a.position - b.position)
    .map((sentence) => sentence.text)
    .join(' ');
}

/** The sentences that can stand in a summary: prose before lists, sentences before fragments, headings and tables last. */
export async function rankSentences(sentences: readonly Sentence[], breathe: Breath): Promise<Ranking> {
  const candidates = candidatesOf(sentences);
  const vectors = await vectorsOf(
    candidates.map((candidate) => candidate.text),
    breathe,
  );
  const prior = normalised(Float64Array.from(candidates, ({ position }) => 1 / (EARLY + position)));
  const shares = await centrality(vectors, prior, breathe);
  const scores = Float64Array.from(
    candidates,
    (candidate, index) => (shares[index] ?? 0) ** CENTRALITY * sentenceWeight(candidate),
  );
  const ranked = [...candidates].sort(
    (a, b) => (scores[b.position] ?? 0) - (scores[a.position] ?? 0) || a.position - b.position,
  );
  return { ...vectors, ranked };
}

function candidatesOf(sentences: readonly Sentence[]): readonly Candidate[] {
  const whole = sentences.map((sentence) => ({
    text: sentence.text.replace(ITEM_MARK, ''),
    kind: sentence.kind,
    wordCount: countWords(sentence.text),
  }));
  const tests: readonly ((one: (typeof whole)[number]) => boolean)[] = [
    ({ text, kind, wordCount }) =>
      wordCount >= FEWEST_WORDS && (kind === 'prose' || (kind === 'item' && ENDS.test(text))),
    ({ kind, wordCount }) => wordCount >= FEWEST_WORDS && kind !== 'heading' && kind !== 'row',
    ({ wordCount }) => wordCount > 0,
  ];
  const best = tests.find((test) => whole.some(test));
  const usable = best === undefined ? [] : whole.filter(best);
  return usable.map(({ text, wordCount }, position) => ({ text, position, wordCount }));
}

/** The best sentences that fit and differ, best first. */
export function chooseSentences(
  ranking: Ranking,
  { maxWords, maxSentences, fits }: ExtractOptions,
): readonly Candidate[] {
  const { ranked } = ranking;
  const count = maxSentences ?? Math.min(5, Math.max(1, Math.round(Math.sqrt(ranked.length) / 2)));
  const chosen: Candidate[] = [];
  const alike: ((position: number) => number)[] = [];
  let left = maxWords;
  for (const sentence of ranked) {
    if (chosen.length === count) break;
    const length = Math.max(sentence.wordCount, spaced(sentence.text));
    if (length > left) continue;
    if (alike.some((likeness) => likeness(sentence.position) > REDUNDANT)) continue;
    if (fits !== undefined && !fits(inOrder([...chosen, sentence]))) continue;
    chosen.push(sentence);
    alike.push(likenessTo(ranking, sentence.position));
    left -= length;
  }
  return chosen;
}

function spaced(text: string): number {
  return text.split(/\s+/u).length;
}

/* As many whole words as fit; of a word that is longer than all of them together, its beginning. */
function beginning(text: string, maxWords: number, fits: ExtractOptions['fits']): string {
  const kept: string[] = [];
  let left = maxWords;
  for (const part of text.split(/\s+/u)) {
    const pieces = wordPieces(part);
    left -= Math.max(1, pieces.length);
    const tooLong = fits !== undefined && !fits(`${[...kept, part].join(' ')}…`);
    if (left < 0 || tooLong)
      return `${kept.length > 0 || tooLong ? kept.join(' ') : pieces.slice(0, maxWords).join('')}…`;
    kept.push(part);
  }
  return text;
}
