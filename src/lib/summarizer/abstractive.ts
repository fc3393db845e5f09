// Summaries by a model: inputs one by one (map), joined, and shortened until they fit (reduce). What shows a sign of failure
// is not given out.

import { generateOne } from './beam-search.js';
import { createBreath } from './breath.js';
import type { EngineOptions, SummaryEngine, TextSummary } from './engine.js';
import { chooseSentences, extractSummary, inOrder, rankSentences } from './lexrank.js';
import type { ModelDirectory } from './model-directory.js';
import { inputsOf, type ModelInput } from './model-input.js';
import { refuseWhatCannotFit } from './model-memory.js';
import { type FailureSign, findFailure } from './output-signs.js';
import { isStump } from './shortening.js';
import { splitSentences } from './sentences.js';
import { loadSequenceModel, type SequenceModel } from './sequence-model.js';
import { isSplice } from './splice.js';
import { countWords } from './words.js';

/** A text that has not come to fit after so many rounds is cut. */
const MAX_ROUNDS = 8;
/** A model whose summaries are copied to so large a share does not join facts on purpose: what it joins is a splice. */
const COPIES = 0.8;

interface Written {
  readonly text: string;
  readonly failure: FailureSign | null;
}

/** Loads the model or models of a directory, once there is memory for all of them. @throws as loadSequenceModel */
export async function abstractiveEngine({ models }: ModelDirectory): Promise<SummaryEngine> {
  await refuseWhatCannotFit(models);
  const loaded: SequenceModel[] = [];
  for (const description of models) loaded.push(await loadSequenceModel(description));
  const [first, last] = [loaded[0], loaded.at(-1)];
  if (first === undefined || last === undefined) throw new TypeError('a model directory holds a model');
  const { settings, maxLength, beams } = last.description;
  return {
    defaultTokens: settings.summaryTokens ?? maxLength,
    defaultBeams: settings.beams ?? beams,
    count: (text) => last.tokenizer.count(text),
    each: async (texts, options) => {
      const mapped = await summarizeEach(first, texts, options);
      const again = first === last ? mapped : await summarizeAgain(last, mapped, options);
      const fitted: TextSummary[] = [];
      for (const written of again) fitted.push(await fit(last, written, options));
      return fitted;
    },
    merge: async (summaries, options) => {
      const usable = summaries.filter((summary) => summary.failure === null);
      return fit(last, { text: joinSummaries(usable.map(({ text }) => text)), failure: null }, options);
    },
    release: async () => {
      for (const model of loaded) await model.release();
    },
  };
}

/* One pass: every text in its inputs, every input summarized, and each text's summaries joined. */
async function summarizeEach(
  model: SequenceModel,
  texts: readonly string[],
  options: EngineOptions,
): Promise<readonly Written[]> {
  const inputs: ModelInput[] = [];
  for (const [index, text] of texts.entries()) inputs.push(...(await inputsOf(model, text, index, options)));
  const written: Written[] = [];
  for (const [index, input] of inputs.entries()) {
    written.push(await write(model, input, options));
    options.advance((index + 1) / inputs.length, `${index + 1}/${inputs.length}`);
  }
  return texts.map((_, text) => {
    const own = inputs.flatMap((input, index) => (input.text === text ? [{ input, ...written[index] }] : []));
    const failure = failureOf(own.map((part) => part.failure ?? null));
    if (failure !== null) return { text: '', failure };
    return {
      text: joinSummaries(own.map(({ input, text: part = '' }) => withHeading(input, part))),
      failure,
    };
  });
}

/* A part of which the model says nothing is left out, as long as it says something of another. */
function failureOf(parts: readonly (FailureSign | null)[]): FailureSign | null {
  const failed = parts.find((failure) => failure !== null && failure !== 'empty') ?? null;
  return failed ?? (parts.includes(null) ? null : 'empty');
}

/* The second model of a chain; what the first one failed at stays failed. */
async function summarizeAgain(
  model: SequenceModel,
  written: readonly Written[],
  options: EngineOptions,
): Promise<readonly Written[]> {
  const again: Written[] = [];
  for (const one of written) {
    const [next] = one.failure === null ? await summarizeEach(model, [one.text], options) : [one];
    again.push(next ?? one);
  }
  return again;
}

/* One generated text, with what is wrong with it. */
async function write(model: SequenceModel, input: ModelInput, options: EngineOptions): Promise<Written> {
  const { description, tokenizer } = model;
  const { start, minLength, maxLength, settings } = description;
  /* A shorter limit cuts at a sentence afterwards: in the middle of one the model has not said anything yet. */
  const maxTokens = Math.max(1, maxLength - start.length);
  /* A text is not made longer than half of what it is a summary of. */
  const minTokens = Math.min(Math.max(0, minLength - start.length), maxTokens, input.tokens.length >> 1);
  const search = { beams: options.beams, maxTokens, minTokens, signal: options.signal };
  const { tokens, ended, meanLogProbability } = await generateOne(model, input.tokens, search);
  const decoded = tokenizer.decode(tokens);
  const text = ended ? decoded : withoutTail(decoded);
  const isWord = (word: string): boolean => tokenizer.isWord(word);
  const failure = findFailure({ text, source: input.source, meanLogProbability, ended, isWord });
  if (failure !== null) return { text: '', failure };
  const copies = (settings.usualCopiedShare ?? 0) >= COPIES;
  if (!copies) return { text, failure };
  const maxWords = settings.usualCopiedWords ?? Infinity;
  return { text: await inWholeSentences(text, input.source, maxWords, options), failure };
}

/* A splice, or a stump of a sentence, gives way to the best sentence of what was summarized; of a very long one, to its
   beginning: no more is copied than the model's cleanroom.json lets expect. */
async function inWholeSentences(
  text: string,
  source: string,
  maxWords: number,
  { signal }: Pick<EngineOptions, 'signal'>,
): Promise<string> {
  const sentences = splitSentences(source).map((sentence) => sentence.text);
  const isBroken = (sentence: string): boolean =>
    isSplice(sentence, sentences) || isStump(sentence, sentences);
  if (!splitSentences(text).some((sentence) => isBroken(sentence.text))) return text;
  const fits = (text: string): boolean => countWords(text) <= maxWords;
  return extractSummary(source, { maxWords, maxSentences: 1, fits, breathe: createBreath(signal) });
}

function withHeading({ heading }: ModelInput, text: string): string {
  return heading === null || text === '' ? text : `${heading}: ${text}`;
}

/* A summary that is too long is summarized again, as often as that makes it shorter; what a model copies, it copies again,
   so there sentences are chosen. */
async function fit(model: SequenceModel, written: Written, options: EngineOptions): Promise<TextSummary> {
  const { tokenizer, description } = model;
  const fits = (text: string): boolean => tokenizer.count(text) <= options.maxTokens;
  if (written.failure !== null) return { ...written, tokens: 0 };
  let current = written;
  const chooses = (description.settings.usualCopiedShare ?? 0) >= COPIES;
  for (let round = 0; round < MAX_ROUNDS && !chooses && !fits(current.text); round++) {
    const [shorter] = await summarizeEach(model, [current.text], options);
    if (shorter === undefined || shorter.failure !== null || shorter.text.length >= current.text.length)
      break;
    current = shorter;
  }
  const text = fits(current.text) ? current.text : await chooseFitting(current.text, fits, options);
  return { text, tokens: tokenizer.count(text), failure: null };
}

async function chooseFitting(
  text: string,
  fits: (text: string) => boolean,
  { signal }: Pick<EngineOptions, 'signal'>,
): Promise<string> {
  const breathe = createBreath(signal);
  const ranking = await rankSentences(splitSentences(text), breathe);
  const chosen = chooseSentences(ranking, { maxWords: Infinity, maxSentences: Infinity, fits });
  if (chosen.length > 0) return inOrder(chosen);
  let cut = await extractSummary(text, { maxWords: Infinity, maxSentences: 1, fits, breathe });
  while (cut !== '' && !fits(cut)) cut = cut.split(' ').slice(0, -1).join(' ');
  return cut;
}

/* Each summary a sentence of its own. */
function joinSummaries(summaries: readonly string[]): string {
  const parts = summaries.filter((summary) => summary !== '');
  if (parts.length === 1) return parts[0] ?? '';
  return parts.map((part) => (/[.!?…。！？]["'”’»)\]]*$/u.test(part) ? part : `${part}.`)).join(' ');
}

/* A text that the length limit ended keeps its whole sentences, if it has any. */
function withoutTail(text: string): string {
  const sentences = splitSentences(text).map((sentence) => sentence.text);
  const last = sentences.at(-1) ?? '';
  return sentences.length < 2 || /[.!?…。！？]$/u.test(last) ? text : sentences.slice(0, -1).join(' ');
}
