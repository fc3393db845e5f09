// Beam search over a sequence model, batched, with KV cache, length penalty and n-gram blocking. One beam is greedy search.
// The scores are those of Hugging Face transformers' beam search with early_stopping=false.

import { DecoderState, type Logits } from './decoder-state.js';
import type { ModelDescription } from './model-directory.js';
import type { SequenceModel } from './sequence-model.js';
import { argmax, blockRepeats, likeliest, type ScoredToken } from './token-scores.js';

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
}

interface Beam {
  /** Start tokens and all that was generated, without the end token. */
  readonly tokens: readonly number[];
  /** Sum of log-probabilities; without meaning in greedy search. */
  readonly score: number;
  /** Row of the last step that this beam continues. */
  readonly row: number;
}

interface Finished {
  readonly tokens: readonly number[];
  /** Score over length to the power of the length penalty. */
  readonly normalised: number;
}

/* The search for one input of the batch. */
interface Search {
  readonly beams: readonly Beam[];
  /** The best texts that have ended, best first. */
  readonly finished: readonly Finished[];
  readonly done: boolean;
}

/**
 * Generates one text for each of `inputs` (token ids). The result depends on model, inputs and options only.
 *
 * @throws the signal's reason when it is aborted; it is looked at before every step.
 */
export async function generate(
  model: SequenceModel,
  inputs: readonly (readonly number[])[],
  options: SearchOptions,
): Promise<readonly Generated[]> {
  const { start } = model.description;
  options.signal?.throwIfAborted();
  const state = await DecoderState.start(model, inputs);
  const searches = inputs.map((_, row): Search => ({
    beams: [{ tokens: start, score: 0, row }],
    finished: [],
    done: false,
  }));
  let live = searches.map((_, index) => index);
  for (let step = 0; step < options.maxTokens && live.length > 0; step++) {
    options.signal?.throwIfAborted();
    const beams = live.flatMap((index) => searches[index]?.beams ?? []);
    const logits = await state.step(beams.map(({ tokens }) => (step === 0 ? tokens : tokens.slice(-1))));
    let firstRow = 0;
    for (const index of live) {
      const search = searches[index];
      if (search === undefined) continue;
      const rows = search.beams.map((_, beam) => rowOf(logits, firstRow + beam));
      restrict(rows, search.beams, step, model.description, options);
      searches[index] = advance(search, rows, firstRow, model.description, options);
      firstRow += rows.length;
    }
    live = live.filter((index) => searches[index]?.done === false);
    state.select(live.flatMap((index) => searches[index]?.beams.map((beam) => beam.row) ?? []));
  }
  return searches.map((search) => settle(search, model.description));
}

function rowOf({ data, vocabulary }: Logits, row: number): Float32Array {
  return data.subarray(row * vocabulary, (row + 1) * vocabulary);
}

function restrict(
  rows: readonly Float32Array[],
  beams: readonly Beam[],
  step: number,
  { eosToken, noRepeatNgram }: ModelDescription,
  { minTokens }: SearchOptions,
): void {
  rows.forEach((scores, index) => {
    blockRepeats(scores, beams[index]?.tokens ?? [], noRepeatNgram);
    if (step < minTokens) scores[eosToken] = -Infinity;
  });
}

function advance(
  { beams, finished }: Search,
  rows: readonly Float32Array[],
  firstRow: number,
  { eosToken, lengthPenalty }: ModelDescription,
  options: SearchOptions,
): Search {
  const next: Beam[] = [];
  const ended: Finished[] = [];
  for (const [rank, { row, token, score }] of candidates(beams, rows, options).entries()) {
    const tokens = beams[row]?.tokens ?? [];
    if (next.length === options.beams) break;
    if (token !== eosToken) next.push({ tokens: [...tokens, token], score, row: firstRow + row });
    else if (rank < options.beams) ended.push({ tokens, normalised: score / tokens.length ** lengthPenalty });
  }
  const best = byScore([...finished, ...ended]).slice(0, options.beams);
  const done = options.beams === 1 ? ended.length > 0 : isSettled(next, best, options.beams, lengthPenalty);
  return { beams: next, finished: best, done };
}

function candidates(
  beams: readonly Beam[],
  rows: readonly Float32Array[],
  options: SearchOptions,
): readonly ScoredToken[] {
  const [only] = rows;
  if (options.beams === 1 && only !== undefined) return [{ row: 0, token: argmax(only), score: 0 }];
  return likeliest(
    rows,
    beams.map((beam) => beam.score),
    2 * options.beams,
  );
}

/* Whether no beam can still beat the worst of a full set of finished texts. */
function isSettled(
  beams: readonly Beam[],
  finished: readonly Finished[],
  count: number,
  lengthPenalty: number,
): boolean {
  const [best] = beams;
  const worst = finished.at(-1);
  if (best === undefined) return true;
  if (worst === undefined || finished.length < count) return false;
  return worst.normalised >= best.score / (best.tokens.length - 1) ** lengthPenalty;
}

function settle({ beams, finished, done }: Search, { start, lengthPenalty }: ModelDescription): Generated {
  const open = done
    ? []
    : beams.map(({ tokens, score }) => ({
        tokens,
        normalised: score / (tokens.length - 1) ** lengthPenalty,
      }));
  const [best] = byScore([...finished, ...open]);
  return {
    tokens: best?.tokens.slice(start.length) ?? [],
    ended: best !== undefined && finished.includes(best),
  };
}

/* Best first; of equal ones the earlier found. */
function byScore(texts: readonly Finished[]): readonly Finished[] {
  return [...texts].sort((a, b) => b.normalised - a.normalised);
}
