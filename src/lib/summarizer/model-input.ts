// What of a text a model is given: all of it in chunks, or of each section the central sentences, as its cleanroom.json says.

import { createBreath } from './breath.js';
import { splitChunks } from './chunks.js';
import { chooseSentences, inOrder, rankSentences } from './lexrank.js';
import { splitSections } from './sections.js';
import { eachSentence, type Sentence } from './sentences.js';
import type { SequenceModel } from './sequence-model.js';

/** One input of a model. */
export interface ModelInput {
  /** Index of the text that it is of. */
  readonly text: number;
  /** Of its section; null where there is none. */
  readonly heading: string | null;
  readonly source: string;
  /** Prefix and special tokens included. */
  readonly tokens: readonly number[];
}

/** Central sentences that go together where the model does not say. */
const SENTENCES = 5;
/** Sections of a text, each of which becomes a sentence or two. */
const MOST_SECTIONS = 8;
const CHARACTERS_A_TOKEN = 4;
/** What a section's summary is expected to take. */
const TOKENS_A_SECTION = 32;

/** The inputs of one text, in order. @param maxTokens - of its summary */
export async function inputsOf(
  model: SequenceModel,
  text: string,
  index: number,
  { maxTokens, signal }: { readonly maxTokens: number; readonly signal: AbortSignal | undefined },
): Promise<readonly ModelInput[]> {
  const { description, tokenizer } = model;
  const breathe = createBreath(signal);
  const overhead = tokenizer.encode('', description.prefix).length + 1;
  const limit = description.inputLimit - overhead;
  const count = (part: string): number => tokenizer.count(part);
  const input = (source: string, heading: string | null): ModelInput => ({
    text: index,
    heading,
    source,
    tokens: truncate(tokenizer.encode(source, description.prefix), description.inputLimit),
  });
  const sentences: Sentence[] = [];
  for (const sentence of eachSentence(text)) {
    await breathe();
    sentences.push(sentence);
  }
  const prose = proseOf(sentences);
  if (description.settings.input !== 'central-sentences') {
    const whole = prose.length === sentences.length ? text.trim() : joinSentences(prose);
    const parts = await splitChunks(whole, { limit, count, breathe });
    return parts.map((part) => input(part, null));
  }
  const inputs: ModelInput[] = [];
  const length = prose.reduce((sum, sentence) => sum + sentence.text.length, 0);
  const sections = splitSections(prose, sectionsFor(length, limit, maxTokens));
  for (const section of sections) {
    const ranking = await rankSentences(section.sentences, breathe);
    const chosen = chooseSentences(ranking, {
      maxWords: Infinity,
      maxSentences: description.settings.inputSentences ?? SENTENCES,
      fits: (part) => count(part) <= limit,
    });
    const source = chosen.length > 0 ? inOrder(chosen) : (ranking.ranked[0]?.text ?? '');
    if (source !== '') inputs.push(input(source, section.heading));
  }
  return inputs;
}

/* Tables say nothing by themselves, nor do items that are no sentences; a text of nothing else is taken as it is. */
function proseOf(sentences: readonly Sentence[]): readonly Sentence[] {
  const says = sentences.filter(
    ({ kind, text }) => kind === 'prose' || (kind === 'item' && isSentence(text)),
  );
  if (says.length === 0) return sentences;
  return sentences.filter((sentence) => sentence.kind === 'heading' || says.includes(sentence));
}

function isSentence(item: string): boolean {
  return /[.!?…。！？]["'”’»)\]]*$/u.test(item) && item.split(/\s+/u).length >= 5;
}

function joinSentences(sentences: readonly Sentence[]): string {
  return sentences
    .map(({ text, startsBlock }, index) => (index === 0 ? '' : startsBlock ? '\n' : ' ') + text)
    .join('');
}

/* As many sections as the square root of what the model could take, and as the summary has room for. */
function sectionsFor(length: number, limit: number, maxTokens: number): number {
  const parts = Math.ceil(Math.sqrt(length / (limit * CHARACTERS_A_TOKEN)));
  const room = Math.floor(maxTokens / TOKENS_A_SECTION);
  return Math.max(1, Math.min(MOST_SECTIONS, parts, room));
}

/* The last token ends the input for the model: it stays. */
function truncate(tokens: readonly number[], limit: number): readonly number[] {
  return tokens.length <= limit ? tokens : [...tokens.slice(0, limit - 1), ...tokens.slice(-1)];
}
