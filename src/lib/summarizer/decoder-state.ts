// The decoder between two steps: encoder output and KV cache of a batch of rows. Three layouts of the graph are known:
// one graph that takes an empty cache at first; one with two branches and `use_cache_branch`; and two graphs apart.

import type { InferenceSession, Tensor } from 'onnxruntime-node';

import type { SequenceModel } from './sequence-model.js';

type Feeds = Record<string, Tensor>;

const PAST = 'past_key_values.';
const PRESENT = 'present.';

/** Scores of the next token: `rows` rows of `vocabulary` unnormalised log-probabilities. */
export interface Logits {
  readonly data: Float32Array;
  readonly vocabulary: number;
}

/**
 * Runs the encoder over a batch (padded to its longest) and then the decoder step by step.
 * Rows can be repeated, reordered and dropped between steps: row i then continues what row `rows[i]` was.
 */
export class DecoderState {
  private constructor(
    private readonly model: SequenceModel,
    private fixed: Feeds,
    private cache: Feeds,
  ) {}

  static async start(model: SequenceModel, inputs: readonly (readonly number[])[]): Promise<DecoderState> {
    const length = Math.max(...inputs.map((input) => input.length));
    const ids = new BigInt64Array(inputs.length * length).fill(BigInt(model.description.padToken));
    const mask = new BigInt64Array(inputs.length * length);
    inputs.forEach((input, row) => {
      ids.set(input.map(BigInt), row * length);
      mask.fill(1n, row * length, row * length + input.length);
    });
    const shape = [inputs.length, length];
    const attention = new model.Tensor('int64', mask, shape);
    const encoded = await model.encoder.run({
      input_ids: new model.Tensor('int64', ids, shape),
      attention_mask: attention,
    });
    const hidden = encoded['last_hidden_state'] as Tensor;
    return new DecoderState(
      model,
      { encoder_attention_mask: attention, encoder_hidden_states: hidden },
      emptyCache(model, inputs.length),
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
    const current = this.fixed['encoder_attention_mask']?.dims[0] ?? 0;
    if (rows.length === current && rows.every((row, index) => row === index)) return;
    const pick = (feeds: Feeds): Feeds =>
      Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, this.gather(tensor, rows)]));
    this.fixed = pick(this.fixed);
    this.cache = pick(this.cache);
  }

  /* Keys and values of the encoder are made at the first step and stay: they are most of what a step would return. */
  private isNews(output: string): boolean {
    if (!output.startsWith(PRESENT)) return false;
    const kept = this.cache[pastOf(output)];
    return !(output.includes('.encoder.') && kept !== undefined && kept.size > 0);
  }

  private keepCache(outputs: InferenceSession.OnnxValueMapType): void {
    for (const [name, present] of Object.entries(outputs)) {
      if (name.startsWith(PRESENT)) this.cache[pastOf(name)] = present;
    }
  }

  private gather(tensor: Tensor, rows: readonly number[]): Tensor {
    const [count = 0, ...rest] = tensor.dims;
    const stride = count === 0 ? 0 : tensor.size / count;
    const shape = [rows.length, ...rest];
    const source = tensor.data as Float32Array | BigInt64Array;
    if (source instanceof BigInt64Array) {
      const target = new BigInt64Array(rows.length * stride);
      rows.forEach((row, to) => target.set(source.subarray(row * stride, (row + 1) * stride), to * stride));
      return new this.model.Tensor('int64', target, shape);
    }
    const target = new Float32Array(rows.length * stride);
    rows.forEach((row, to) => target.set(source.subarray(row * stride, (row + 1) * stride), to * stride));
    return new this.model.Tensor('float32', target, shape);
  }
}

function pastOf(present: string): string {
  return PAST + present.slice(PRESENT.length);
}

function emptyCache(model: SequenceModel, rows: number): Feeds {
  const cache: Feeds = {};
  for (const input of model.decoder.inputMetadata) {
    if (!input.isTensor || !input.name.startsWith(PAST)) continue;
    const [, heads, , width] = input.shape;
    cache[input.name] = new model.Tensor('float32', new Float32Array(0), [
      rows,
      Number(heads),
      0,
      Number(width),
    ]);
  }
  return cache;
}

function lastScores(logits: Tensor): Logits {
  const [rows = 0, width = 0, vocabulary = 0] = logits.dims;
  const data = logits.data as Float32Array;
  if (width === 1) return { data, vocabulary };
  const last = new Float32Array(rows * vocabulary);
  for (let row = 0; row < rows; row++) {
    const from = (row * width + width - 1) * vocabulary;
    last.set(data.subarray(from, from + vocabulary), row * vocabulary);
  }
  return { data: last, vocabulary };
}
