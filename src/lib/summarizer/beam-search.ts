// Beam search over a sequence model with KV cache; one beam is greedy search. Token by token what Hugging Face transformers'
// generate() gives (4.57): log-probabilities first, then what may not follow is ruled out; lengths count the start tokens.

import { DecoderState, type Logits } from './decoder-state.js';
import type { ModelDescription } from './model-directory.js';
import type { SequenceModel } from './sequence-model.js';
import { allowOnly, argmax, blockRepeats, likeliest, logSumExp, type ScoredToken } from './token-scores.js';

export interface SearchOptions {
  readonly beams: number;
  /** Most tokens to generate, the end token among them. */
  readonly maxTokens: number;
  /** Fewest tokens before the text may end. */
  readonly minTokens: number;
  readonly signal?: AbortSignal | undefined;
}

/** What was generated for one input, without start and end tokens. */
export interface Generated {
  readonly tokens: readonly number[];
  /** Whether the model ended by itself, not by the limit. */
  readonly ended: boolean;
  /** Mean log-probability of a token, the end token among them; 0 where nothing was generated. */
  readonly meanLogProbability: number;
}

interface Beam {
  /** Start tokens and all that was generated, without the end token. */
  readonly tokens: readonly number[];
  /** Sum of log-probabilities. */
  readonly score: number;
  /** Row of the last step that this beam continues. */
  readonly row: number;
}

interface Finished {
  readonly tokens: readonly number[];
  readonly score: number;
  /** Tokens that count in the score, the end token among them. */
  readonly scored: number;
  /** Score over length to the power of the length penalty. */
  readonly normalised: number;
}

interface Search {
  readonly beams: readonly Beam[];
  /** The best texts that have ended, best first. */
  readonly finished: readonly Finished[];
  readonly done: boolean;
}

type SearchModel = Pick<
  ModelDescription,
  'start' | 'eosToken' | 'forcedEos' | 'lengthPenalty' | 'noRepeatNgram' | 'earlyStopping'
>;

/**
 * Generates one text for each of `inputs` (token ids), one after the other: what a text gives never depends on what is
 * beside it. Rows of one batch do: padding and rounding, and in int8 graphs one scale for all of them.
 *
 * @throws the signal's reason when it is aborted; it is looked at before every step.
 */
export async function generate(
  model: SequenceModel,
  inputs: readonly (readonly number[])[],
  options: SearchOptions,
): Promise<readonly Generated[]> {
  const generated: Generated[] = [];
  for (const input of inputs) generated.push(await generateOne(model, input, options));
  return generated;
}

/** Generates one text. The result depends on model, input and options only. @throws as generate */
export async function generateOne(
  model: SequenceModel,
  input: readonly number[],
  options: SearchOptions,
): Promise<Generated> {
  const { description } = model;
  options.signal?.throwIfAborted();
  const state = await DecoderState.start(model, input);
  let search: Search = {
    beams: [{ tokens: description.start, score: 0, row: 0 }],
    finished: [],
    done: false,
  };
  for (let step = 0; step < options.maxTokens && !search.done; step++) {
    options.signal?.throwIfAborted();
    const logits = await state.step(
      search.beams.map(({ tokens }) => (step === 0 ? tokens : tokens.slice(-1))),
    );
    search = advance(search, logits, step, description, options);
    if (!search.done) state.select(search.beams.map((beam) => beam.row));
  }
  return settle(search, description);
}

function advance(
  { beams, finished }: Search,
  logits: Logits,
  step: number,
  model: SearchModel,
  options: SearchOptions,
): Search {
  const next: Beam[] = [];
  const ended: Finished[] = [];
  for (const [rank, { row, token, score }] of candidates(beams, logits, step, model, options).entries()) {
    const tokens = beams[row]?.tokens ?? [];
    if (next.length === options.beams) break;
    if (token !== model.eosToken) next.push({ tokens: [...tokens, token], score, row });
    else if (rank < options.beams) ended.push(finish(tokens, score, tokens.length, model));
  }
  const best = byScore([...finished, ...ended]).slice(0, options.beams);
  const done = options.beams === 1 ? ended.length > 0 : isSettled(next, best, model, options);
  return { beams: next, finished: best, done };
}

function candidates(
  beams: readonly Beam[],
  { data, vocabulary }: Logits,
  step: number,
  model: SearchModel,
  options: SearchOptions,
): readonly ScoredToken[] {
  const rows = beams.map((_, row) => data.subarray(row * vocabulary, (row + 1) * vocabulary));
  const forced = step === options.maxTokens - 1 && model.forcedEos !== null;
  /* What is ruled out has been weighed all the same: the others do not become likelier. */
  const base = beams.map(({ score }, row) => score - (forced ? 0 : logSumExp(rows[row] ?? data)));
  rows.forEach((scores, row) => restrict(scores, beams[row]?.tokens ?? [], step, model, options));
  const [only] = rows;
  if (options.beams > 1 || only === undefined) return likeliest(rows, base, 2 * options.beams);
  const token = argmax(only);
  return [{ row: 0, token, score: (base[0] ?? 0) + (only[token] ?? 0) }];
}

function restrict(
  scores: Float32Array,
  tokens: readonly number[],
  step: number,
  { eosToken, forcedEos, noRepeatNgram }: SearchModel,
  { minTokens, maxTokens }: SearchOptions,
): void {
  blockRepeats(scores, tokens, noRepeatNgram);
  if (step < minTokens) scores[eosToken] = -Infinity;
  if (step === maxTokens - 1 && forcedEos !== null) allowOnly(scores, forcedEos);
}

function finish(
  tokens: readonly number[],
  score: number,
  scored: number,
  { lengthPenalty, start }: SearchModel,
): Finished {
  return { tokens, score, scored: scored - (start.length - 1), normalised: score / scored ** lengthPenalty };
}

/* Whether the search is over: early stopping is satisfied, or no beam can still beat the worst of a full set of texts. */
function isSettled(
  beams: readonly Beam[],
  finished: readonly Finished[],
  { earlyStopping, lengthPenalty, start }: SearchModel,
  { beams: count, maxTokens }: SearchOptions,
): boolean {
  const [best] = beams;
  const worst = finished.at(-1);
  if (best === undefined) return true;
  if (worst === undefined || finished.length < count) return false;
  if (earlyStopping === true) return true;
  const longest = start.length - 1 + maxTokens;
  const length = earlyStopping === 'never' && lengthPenalty > 0 ? longest : best.tokens.length - 1;
  return worst.normalised >= best.score / length ** lengthPenalty;
}

function settle({ beams, finished, done }: Search, model: SearchModel): Generated {
  const open = done ? [] : beams.map(({ tokens, score }) => finish(tokens, score, tokens.length - 1, model));
  const [best] = byScore([...finished, ...open]);
  if (best === undefined) return { tokens: [], ended: false, meanLogProbability: 0 };
  return {
    tokens: best.tokens.slice(model.start.length),
    ended: finished.includes(best),
    meanLogProbability: best.scored === 0 ? 0 : best.score / best.scored,
  };
}

/* Best first; of equal ones the earlier found. */
function byScore(texts: readonly Finished[]): readonly Finished[] {
  return [...texts].sort((a, b) => b.normalised - a.normalised);
}
