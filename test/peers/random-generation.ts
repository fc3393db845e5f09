// Shapes of random models and settings of their search, drawn: what T5, BART and generate() allow together.

import type { GenerationArguments } from '../support/random-model.js';

/** A model that the peer's program makes of it, the same one each time. */
export interface Shape {
  readonly family: 't5' | 'bart';
  readonly vocabulary: number;
  readonly width: number;
  readonly heads: number;
  readonly inner: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  readonly buckets: number;
  /** T5 1.1: gated, embeddings untied. */
  readonly gated: boolean;
  /** One decoder graph, or one for the first step and one for the later ones. */
  readonly merged: boolean;
  /** Of the weights. */
  readonly scale: number;
  /** How likely the end token is. */
  readonly ends: number;
  readonly seed: number;
}

type Random = () => number;

/* Transformers takes this `max_length` for its own default, which is 20 new tokens: one more than it says. */
const UNSTATED_LENGTH = 20;

/** Transformers 4.57 keeps room for as many decoder layers as the encoder has, so that there are no more here. */
export function drawShape(random: Random, index: number): Shape {
  const heads = one(random, [1, 2, 4, 8]);
  const width = heads * one(random, [8, 16]);
  const encoderLayers = whole(random, 1, 4);
  return {
    family: index % 2 === 0 ? 't5' : 'bart',
    vocabulary: whole(random, 80, 1500),
    ...{ width, heads, inner: width * whole(random, 2, 4) },
    ...{ encoderLayers, decoderLayers: whole(random, 1, encoderLayers) },
    buckets: one(random, [8, 16, 32]),
    gated: random() < 0.5,
    merged: random() < 0.5,
    scale: 1 + whole(random, 0, 8) / 10,
    ends: 1 + whole(random, 0, 8) / 10,
    seed: whole(random, 1, 1_000_000),
  };
}

/** Settings and up to four inputs of different lengths, which transformers gets as one padded batch. */
export function drawSettings(
  random: Random,
  { family, vocabulary }: Shape,
): { readonly config: GenerationArguments; readonly inputs: readonly (readonly number[])[] } {
  const drawn = whole(random, 4, 60);
  const maxLength = drawn === UNSTATED_LENGTH ? drawn + 1 : drawn;
  const end = family === 't5' ? 1 : 2;
  const token = (): number => whole(random, 3, vocabulary - 1);
  return {
    config: {
      num_beams: random() < 0.25 ? 1 : whole(random, 2, 8),
      max_length: maxLength,
      min_length: random() < 0.5 ? 0 : whole(random, 0, maxLength - 1),
      no_repeat_ngram_size: random() < 0.4 ? 0 : whole(random, 1, 4),
      length_penalty: one(random, [-1, 0, 0.5, 1, 1, 1.5, 2, 2.5]),
      early_stopping: one<boolean | 'never'>(random, [false, true, 'never']),
      ...(random() < 0.25 ? { forced_bos_token_id: token() } : {}),
      ...(random() < 0.3 ? { forced_eos_token_id: end } : {}),
    },
    inputs: Array.from({ length: whole(random, 1, 4) }, () => [
      ...Array.from({ length: whole(random, 2, 60) }, token),
      end,
    ]),
  };
}

function whole(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

function one<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[whole(random, 0, choices.length - 1)] ?? choices[0];
}
