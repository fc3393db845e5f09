// Summaries by a model: chunks in batches (map), joined, and summarized again until they fit (reduce).

import { generate } from './beam-search.js';
import { createBreath } from './breath.js';
import { splitChunks } from './chunks.js';
import type { ModelDirectory } from './model-directory.js';
import { splitSentences } from './sentences.js';
import { loadSequenceModel, type SequenceModel } from './sequence-model.js';
import type { EngineOptions, SummaryEngine, TextSummary } from './engine.js';

/** Rows (inputs times beams) that are decoded together; more costs memory and gains nothing on a CPU. */
const BATCH_ROWS = 16;
/** Encoder tokens of a batch, padding included: bounds the memory of attention. */
const BATCH_TOKENS = 8192;
/** The shortest input of a batch has at least this share of the longest one's tokens; the rest is padding, computed for nothing. */
const LEAST_FILL = 0.75;
/** A text that has not come to fit after so many rounds is cut. */
const MAX_ROUNDS = 8;

interface Chunk {
  readonly text: number;
  readonly tokens: readonly number[];
}

/** Loads the model or models of a directory. @throws as loadSequenceModel */
export async function abstractiveEngine({ models }: ModelDirectory): Promise<SummaryEngine> {
  const loaded: SequenceModel[] = [];
  for (const description of models) loaded.push(await loadSequenceModel(description));
  const [first, last] = [loaded[0], loaded.at(-1)];
  if (first === undefined || last === undefined) throw new TypeError('a model directory holds a model');
  return {
    each: async (texts, options) => {
      const mapped = await summarizeEach(first, texts, options);
      return first === last
        ? fitAll(last, mapped, options)
        : fitAll(last, await summarizeEach(last, mapped, options), options);
    },
    merge: async (summaries, _, options) => {
      const joined = joinSummaries(summaries.map((summary) => summary.text));
      const [fitted] = await fitAll(last, [joined], options);
      return fitted ?? { text: '', tokens: 0 };
    },
    release: async () => {
      for (const model of loaded) await model.release();
    },
  };
}

/* Texts that are too long are summarized again, as often as it makes them shorter. */
async function fitAll(
  model: SequenceModel,
  texts: readonly string[],
  options: EngineOptions,
): Promise<readonly TextSummary[]> {
  let current = [...texts];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const long = current.flatMap((text, index) =>
      model.tokenizer.count(text) > options.maxTokens ? [index] : [],
    );
    if (long.length === 0) break;
    const shorter = await summarizeEach(
      model,
      long.map((index) => current[index] ?? ''),
      options,
    );
    const next = [...current];
    long.forEach((index, at) => (next[index] = shorter[at] ?? ''));
    const progressed = long.every((index) => (next[index]?.length ?? 0) < (current[index]?.length ?? 0));
    current = next;
    if (!progressed) break;
  }
  return current.map((text) => cutToFit(model, text, options.maxTokens));
}

/* One pass: every text is split, every chunk summarized, and each text's chunk summaries joined. */
async function summarizeEach(
  model: SequenceModel,
  texts: readonly string[],
  options: EngineOptions,
): Promise<readonly string[]> {
  const chunks: Chunk[] = [];
  for (const [index, text] of texts.entries())
    chunks.push(...(await chunksOf(model, text, index, options.signal)));
  const summaries = await summarizeChunks(model, chunks, options);
  return texts.map((_, index) => joinSummaries(summaries.filter((__, at) => chunks[at]?.text === index)));
}

async function chunksOf(
  { description, tokenizer }: SequenceModel,
  text: string,
  index: number,
  signal: AbortSignal | undefined,
): Promise<readonly Chunk[]> {
  const overhead = tokenizer.encode('', description.prefix).length + 1;
  const limit = description.inputLimit - overhead;
  const breathe = createBreath(signal);
  const parts = await splitChunks(text, { limit, count: (part) => tokenizer.count(part), breathe });
  const chunks: Chunk[] = [];
  for (const part of parts) {
    await breathe();
    const tokens = tokenizer.encode(part, description.prefix);
    chunks.push({ text: index, tokens: truncate(tokens, description.inputLimit) });
  }
  return chunks;
}

/* The last token ends the input for the model: it stays. */
function truncate(tokens: readonly number[], limit: number): readonly number[] {
  return tokens.length <= limit ? tokens : [...tokens.slice(0, limit - 1), ...tokens.slice(-1)];
}

async function summarizeChunks(
  model: SequenceModel,
  chunks: readonly Chunk[],
  options: EngineOptions,
): Promise<readonly string[]> {
  const order = chunks
    .map((_, index) => index)
    .sort((a, b) => length(chunks, b) - length(chunks, a) || a - b);
  const summaries = new Array<string>(chunks.length).fill('');
  let done = 0;
  for (const batch of batches(chunks, order, options.beams)) {
    const generated = await generate(
      model,
      batch.map((index) => chunks[index]?.tokens ?? []),
      searchOptions(
        model,
        batch.map((index) => length(chunks, index)),
        options,
      ),
    );
    batch.forEach((index, at) => {
      const { tokens, ended } = generated[at] ?? { tokens: [], ended: true };
      const text = model.tokenizer.decode(tokens);
      summaries[index] = ended ? text : withoutTail(text);
    });
    done += batch.length;
    options.advance(done / chunks.length, `${done}/${chunks.length}`);
  }
  return summaries;
}

function searchOptions(
  { description }: SequenceModel,
  lengths: readonly number[],
  { beams, maxTokens, signal }: EngineOptions,
): Parameters<typeof generate>[2] {
  const most = Math.min(maxTokens, Math.max(1, description.maxLength - 1));
  const shortest = Math.min(...lengths);
  return { beams, maxTokens: most, minTokens: Math.min(description.minLength, most, shortest >> 1), signal };
}

/* Chunks of about equal length go together, so that little is padded. */
function* batches(chunks: readonly Chunk[], order: readonly number[], beams: number): Generator<number[]> {
  let open: number[] = [];
  for (const index of order) {
    const widest = length(chunks, open[0] ?? index);
    const full = (open.length + 1) * beams > BATCH_ROWS || (open.length + 1) * beams * widest > BATCH_TOKENS;
    const padded = length(chunks, index) < LEAST_FILL * widest;
    if ((full || padded) && open.length > 0) {
      yield open;
      open = [];
    }
    open.push(index);
  }
  if (open.length > 0) yield open;
}

function length(chunks: readonly Chunk[], index: number): number {
  return chunks[index]?.tokens.length ?? 0;
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

function cutToFit({ tokenizer }: SequenceModel, text: string, maxTokens: number): TextSummary {
  let kept = text;
  let tokens = tokenizer.count(kept);
  while (tokens > maxTokens && kept !== '') {
    const sentences = splitSentences(kept);
    kept =
      sentences.length > 1
        ? sentences
            .slice(0, -1)
            .map((sentence) => sentence.text)
            .join(' ')
        : kept.split(' ').slice(0, -1).join(' ');
    tokens = tokenizer.count(kept);
  }
  return { text: kept, tokens };
}
