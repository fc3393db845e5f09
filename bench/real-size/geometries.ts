// The shapes of models that are used for summaries, as their publishers' config.json states them; parameters are counted when made.

export interface Geometry {
  readonly name: string;
  readonly family: 't5' | 'bart';
  readonly vocabulary: number;
  readonly width: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly inner: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  /** T5 1.1 and flan-T5: gated GELU, and a head of its own. */
  readonly gated: boolean;
  /** Members of config.json beside these, as published. */
  readonly config: Readonly<Record<string, unknown>>;
}

const T5_TASK = {
  early_stopping: true,
  length_penalty: 2.0,
  max_length: 200,
  min_length: 30,
  no_repeat_ngram_size: 3,
  num_beams: 4,
  prefix: 'summarize: ',
};
const CNN = {
  early_stopping: true,
  forced_bos_token_id: 0,
  forced_eos_token_id: 2,
  length_penalty: 2.0,
  max_length: 142,
  min_length: 56,
  no_repeat_ngram_size: 3,
  num_beams: 4,
};
const BART = {
  ...CNN,
  bos_token_id: 0,
  eos_token_id: 2,
  pad_token_id: 1,
  decoder_start_token_id: 2,
  max_position_embeddings: 1024,
};
const T5 = { eos_token_id: 1, pad_token_id: 0, decoder_start_token_id: 0, n_positions: 512 };

export const GEOMETRIES: readonly Geometry[] = [
  {
    name: 't5-small',
    family: 't5',
    vocabulary: 32128,
    width: 512,
    heads: 8,
    headWidth: 64,
    inner: 2048,
    encoderLayers: 6,
    decoderLayers: 6,
    gated: false,
    config: { ...T5, task_specific_params: { summarization: T5_TASK } },
  },
  {
    name: 'flan-t5-small',
    family: 't5',
    vocabulary: 32128,
    width: 512,
    heads: 6,
    headWidth: 64,
    inner: 1024,
    encoderLayers: 8,
    decoderLayers: 8,
    gated: true,
    config: { ...T5, tie_word_embeddings: false, task_specific_params: { summarization: T5_TASK } },
  },
  {
    name: 'distilbart-cnn-12-6',
    family: 'bart',
    vocabulary: 50264,
    width: 1024,
    heads: 16,
    headWidth: 64,
    inner: 4096,
    encoderLayers: 12,
    decoderLayers: 6,
    gated: false,
    config: { ...BART, task_specific_params: { summarization: CNN } },
  },
  {
    name: 'bart-large-cnn',
    family: 'bart',
    vocabulary: 50264,
    width: 1024,
    heads: 16,
    headWidth: 64,
    inner: 4096,
    encoderLayers: 12,
    decoderLayers: 12,
    gated: false,
    config: { ...BART, task_specific_params: { summarization: CNN } },
  },
];

/** The same layout, small enough for a test. */
export function shrunk(geometry: Geometry): Geometry {
  return {
    ...geometry,
    vocabulary: 8000,
    width: 64,
    heads: 4,
    headWidth: 16,
    inner: 128,
    encoderLayers: 2,
    decoderLayers: 2,
  };
}
