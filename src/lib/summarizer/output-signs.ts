// Cheap signs that a model's text is none: each is a pure function of the text and of what was summarized.
// The thresholds were chosen on data; `npm run bench:quality` prints how often each sign fires on good texts.

import { isFunctionWord, languageOf } from './function-words.js';
import { isDotted, splitSentences } from './sentences.js';
import { words } from './words.js';

export const FAILURE_SIGNS = [
  'empty',
  'unknown-words',
  'wrong-numbers',
  'repetition',
  'cut-off',
  'improbable',
  'other-language',
] as const;
/** Why a model's text is not given out. */
export type FailureSign = (typeof FAILURE_SIGNS)[number];

const DESCRIPTIONS: Readonly<Record<FailureSign, string>> = {
  empty: 'there are no words',
  'unknown-words': 'words that are unknown to the text and to the model',
  'wrong-numbers': 'a number that the text does not have',
  repetition: 'it repeats itself',
  'cut-off': 'a sentence breaks off',
  improbable: 'the model was guessing',
  'other-language': 'it is in another language than the text',
};

/** A sign in words. Says nothing of the text itself. */
export function describeFailure(sign: FailureSign): string {
  return DESCRIPTIONS[sign];
}

export interface ModelOutput {
  readonly text: string;
  /** What the model was given, without prefix. */
  readonly source: string;
  /** Mean log-probability of a token. */
  readonly meanLogProbability: number;
  /** Whether the model ended by itself, not by the limit. */
  readonly ended: boolean;
  /** Whether a word in normal form is one that the model knows as such. */
  readonly isWord: (word: string) => boolean;
}

/** Words that nobody knows, as a share of all: one in a short sentence is too many. */
export const MOST_UNKNOWN = 0.04;
/** Below, the model was guessing. */
export const LEAST_LOG_PROBABILITY = -1.6;
/** Words that share so long a beginning are forms of one. */
const STEM = 5;
const ENDS = /[.!?…。！？]["'”’»)\]]*$/u;

/* An output with its words and its source's. */
interface Read extends ModelOutput {
  readonly own: readonly string[];
  readonly known: readonly string[];
}

/* In the order in which they are looked at. */
const SIGNS: readonly (readonly [FailureSign, (output: Read) => boolean])[] = [
  ['empty', ({ own }) => own.length === 0],
  ['cut-off', isCutOff],
  ['wrong-numbers', hasWrongNumber],
  ['unknown-words', ({ own, known, isWord }) => unknownShare(own, known, isWord) > MOST_UNKNOWN],
  ['repetition', ({ own, known }) => repeatsItself(own, known)],
  ['other-language', ({ own, known }) => speaksAnotherLanguage(own, known)],
  ['improbable', ({ meanLogProbability }) => meanLogProbability < LEAST_LOG_PROBABILITY],
];

/** The first sign of failure in a model's text; null where there is none. */
export function findFailure(output: ModelOutput): FailureSign | null {
  return failuresOf(output).next().value ?? null;
}

/** Each sign of failure in a model's text, looked for when it is asked for. */
export function* failuresOf(output: ModelOutput): Generator<FailureSign, undefined> {
  const read = { ...output, own: words(output.text), known: words(output.source) };
  for (const [sign, shows] of SIGNS) if (shows(read)) yield sign;
}

/** Share of words that stand neither in the source (nor a form of them) nor in the model's vocabulary. */
export function unknownShare(
  own: readonly string[],
  source: readonly string[],
  isWord: (word: string) => boolean,
): number {
  const known = new Set(source.flatMap(forms));
  const unknown = own.filter(
    (word) => !isWord(word) && !isFunctionWord(word) && !forms(word).some((form) => known.has(form)),
  );
  return unknown.length / own.length;
}

/* A word, its beginning where it is long, and what is left of it without an ending of up to three letters. */
function forms(word: string): readonly string[] {
  const shorter = [1, 2, 3].flatMap((ending) => (word.length - ending >= 3 ? [word.slice(0, -ending)] : []));
  return [word, ...shorter, ...(word.length >= STEM ? [word.slice(0, STEM)] : [])];
}

/* A number that the source does not have, whole: of "412.000" neither "412" nor "000" is one. */
function hasWrongNumber({ text, source }: ModelOutput): boolean {
  const numbers = new Set(numbersOf(source));
  return numbersOf(text).some((number) => !numbers.has(number));
}

/* As written, with the separators inside. */
function numbersOf(text: string): readonly string[] {
  return text.normalize('NFKC').match(/\p{N}+(?:[.,]\p{N}+)*/gu) ?? [];
}

/* A word twice in a row, three words twice, or a word more often than the source has it. */
function repeatsItself(own: readonly string[], source: readonly string[]): boolean {
  const twice = (list: readonly string[], length: number): ReadonlySet<string> => {
    const seen = new Set<string>();
    const again = new Set<string>();
    for (let at = 0; at + length <= list.length; at++) {
      const key = list.slice(at, at + length).join(' ');
      if (seen.has(key)) again.add(key);
      seen.add(key);
    }
    return again;
  };
  const sourceTriples = twice(source, 3);
  if ([...twice(own, 3)].some((key) => !sourceTriples.has(key))) return true;
  const pairs = new Set(source.map((word, at) => `${word} ${source[at + 1] ?? ''}`));
  if (own.some((word, at) => word === own[at + 1] && !pairs.has(`${word} ${word}`))) return true;
  const available = countStems(source);
  return [...countStems(own)].some(([stem, count]) => count > 1 && count > (available.get(stem) ?? 0));
}

function countStems(list: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of list) {
    if (isFunctionWord(word) || word.length < STEM) continue;
    const stem = word.slice(0, STEM + 1);
    counts.set(stem, (counts.get(stem) ?? 0) + 1);
  }
  return counts;
}

/* Ended by the limit without a whole sentence, inside a word, or at a dot that ends no sentence ("on 3."). */
function isCutOff({ text, source, ended }: ModelOutput): boolean {
  if (!ended && !ENDS.test(text)) return true;
  const sourceSentences = splitSentences(source).map((sentence) => sentence.text);
  const known = new Set(words(source));
  const beginnings = [...known];
  const lastOf = (sentence: string): string => sentence.split(/\s+/u).at(-1) ?? '';
  const endings = new Set(sourceSentences.map(lastOf));
  const inside = new Set(sourceSentences.flatMap((sentence) => sentence.split(/\s+/u).slice(0, -1)));
  return splitSentences(text).some(({ text: sentence }) => {
    const last = lastOf(sentence);
    if (last.endsWith('.') && isDotted(last.slice(0, -1)) && inside.has(last) && !endings.has(last))
      return true;
    const [word] = words(last).slice(-1);
    return (
      word !== undefined &&
      word.length > 1 &&
      !known.has(word) &&
      beginnings.some((whole) => whole.length > word.length + 1 && whole.startsWith(word))
    );
  });
}

function speaksAnotherLanguage(own: readonly string[], source: readonly string[]): boolean {
  const [language, expected] = [languageOf(own), languageOf(source)];
  return language !== null && expected !== null && language !== expected;
}
