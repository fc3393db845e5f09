// The decoder between two steps: encoder output and KV cache of the beams of one text. Three layouts of the graph are known:
// one graph that takes an empty cache at first; one with two branches and `use_cache_branch`; and two graphs apart.

import type { InferenceSession, Tensor } from 'onnxruntime-node';

import type { SequenceModel } from './sequence-model.js';
import { floatsOf, gatherRows } from './tensor-rows.js';

type Feeds = Record<string, Tensor>;

const PAST = 'past_key_values.';
const PRESENT = 'present.';

/** Scores of the next token: `rows` rows of `vocabulary` unnormalised log-probabilities. The caller may write to them. */
export interface Logits {
  readonly data: Float32Array;
  readonly vocabulary: number;
}

/**
 * Runs the encoder over one text and then the decoder step by step, one row a beam.
 * Rows can be repeated, reordered and dropped between steps: row i then continues what row `rows[i]` was.
 */
export class DecoderState {
  private rows = 1;

  private constructor(
    private readonly model: SequenceModel,
    /** Of the encoder: the same in every row. */
    private fixed: Feeds,
    /** Keys and values of the decoder's own tokens; at first empty, and where they are made, of the encoder's. */
    private cache: Feeds,
  ) {}

  static async start(model: SequenceModel, input: readonly number[]): Promise<DecoderState> {
    const shape = [1, input.length];
    const attention = new model.Tensor('int64', new BigInt64Array(input.length).fill(1n), shape);
    const encoded = await model.encoder.run({
      input_ids: new model.Tensor('int64', BigInt64Array.from(input, BigInt), shape),
      attention_mask: attention,
    });
    const hidden = encoded['last_hidden_state'] as Tensor;
    return new DecoderState(
      model,
      { encoder_attention_mask: attention, encoder_hidden_states: hidden },
      emptyCache(model),
    );
  }

  /** Feeds `tokens` (the same number for every row) and returns the scores after the last of them. */
  async step(tokens: readonly (readonly number[])[]): Promise<Logits> {
    const { Tensor: TensorClass, decoder, decoderWithPast } = this.model;
    const width = tokens[0]?.length ?? 0;
    const ids = BigInt64Array.from(tokens.flat(), BigInt);
    const cached = Object.values(this.cache).some((tensor) => tensor.size > 0);
    const session = cached ? decoderWithPast : decoder;
    const feeds: Feeds = {
      ...this.fixed,
      ...this.cache,
      use_cache_branch: new TensorClass('bool', [cached], [1]),
      input_ids: new TensorClass('int64', ids, [tokens.length, width]),
    };
    const outputs = await session.run(
      Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name))),
      session.outputNames.filter((name) => name === 'logits' || this.isNews(name)),
    );
    this.keepCache(outputs);
    return lastScores(outputs['logits'] as Tensor);
  }

  /** Continues with `rows`: indices into the rows of the last step, in the new order. */
  select(rows: readonly number[]): void {
    const sameNumber = rows.length === this.rows;
    if (sameNumber && rows.every((row, index) => row === index)) return;
    const pick = (feeds: Feeds, moves: (name: string) => boolean): Feeds =>
      Object.fromEntries(
        Object.entries(feeds).map(([name, tensor]) => [
          name,
          moves(name) ? gatherRows(this.model.Tensor, tensor, rows) : tensor,
        ]),
      );
    this.fixed = pick(this.fixed, () => !sameNumber);
    this.cache = pick(this.cache, (name) => !sameNumber || !isOfEncoder(name));
    this.rows = rows.length;
  }

  /* Keys and values of the encoder are made at the first step and stay: they are most of what a step would return. */
  private isNews(output: string): boolean {
    if (!output.startsWith(PRESENT)) return false;
    const kept = this.cache[pastOf(output)];
    return !(isOfEncoder(output) && kept !== undefined && kept.size > 0);
  }

  private keepCache(outputs: InferenceSession.OnnxValueMapType): void {
    for (const [name, present] of Object.entries(outputs)) {
      if (name.startsWith(PRESENT)) this.cache[pastOf(name)] = present;
    }
  }
}

function isOfEncoder(name: string): boolean {
  return name.includes('.encoder.');
}

function pastOf(present: string): string {
  return PAST + present.slice(PRESENT.length);
}

function emptyCache(model: SequenceModel): Feeds {
  const cache: Feeds = {};
  for (const input of model.decoder.inputMetadata) {
    if (!input.isTensor || !input.name.startsWith(PAST)) continue;
    const [, heads, , width] = input.shape;
    const shape = [1, Number(heads), 0, Number(width)];
    cache[input.name] =
      input.type === 'float16'
        ? new model.Tensor('float16', new Uint16Array(0), shape)
        : new model.Tensor('float32', new Float32Array(0), shape);
  }
  return cache;
}

function lastScores(logits: Tensor): Logits {
  const [rows = 0, width = 0, vocabulary = 0] = logits.dims;
  const data = floatsOf(logits);
  if (width === 1) return { data, vocabulary };
  const last = new Float32Array(rows * vocabulary);
  for (let row = 0; row < rows; row++) {
    const from = (row * width + width - 1) * vocabulary;
    last.set(data.subarray(from, from + vocabulary), row * vocabulary);
  }
  return { data: last, vocabulary };
}
