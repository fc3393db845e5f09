// How a model generates, from its generation_config.json, config.json and summarization task, as Hugging Face transformers reads them.

import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The parameters that are read; each file of a model may have them, and more. */
export const GenerationSchema = v.looseObject({
  max_length: v.optional(v.nullable(count)),
  min_length: v.optional(v.nullable(count)),
  num_beams: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16)))),
  length_penalty: v.optional(v.nullable(v.number())),
  early_stopping: v.optional(v.nullable(v.union([v.boolean(), v.literal('never')]))),
  no_repeat_ngram_size: v.optional(v.nullable(count)),
  forced_bos_token_id: v.optional(v.nullable(count)),
  forced_eos_token_id: v.optional(v.nullable(count)),
  decoder_start_token_id: v.optional(v.nullable(count)),
  prefix: v.optional(v.nullable(v.string())),
});

type Parameters = v.InferOutput<typeof GenerationSchema>;

/** When a search with beams ends: as soon as enough texts have ended, when no better one is likely, or when none is possible. */
export type EarlyStopping = boolean | 'never';

/** Lengths count as transformers counts them: start tokens included. */
export interface Generation {
  /** What decoding begins with: the start token and, where the model forces one, the first token. */
  readonly start: readonly number[];
  /** The token that stands last where a text reaches `maxLength`; null: none is forced. */
  readonly forcedEos: number | null;
  readonly minLength: number;
  readonly maxLength: number;
  readonly beams: number;
  readonly lengthPenalty: number;
  readonly noRepeatNgram: number;
  readonly earlyStopping: EarlyStopping;
}

/** Where no file says how long a text may be. */
const DEFAULT_MAX_LENGTH = 512;

/**
 * Merges what a model's files say: the task's parameters first, then generation_config.json, which stands for config.json
 * where there is one.
 *
 * @param file - generation_config.json; null where the model has none.
 * @param fallbackStart - the pad token: what T5 starts with.
 */
export function mergeGeneration(
  config: Parameters,
  file: Parameters | null,
  task: Parameters,
  fallbackStart: number,
): Generation {
  const base = file ?? config;
  const pick = <K extends keyof Parameters>(key: K): NonNullable<Parameters[K]> | undefined =>
    task[key] ?? base[key] ?? undefined;
  const start = base.decoder_start_token_id ?? config.decoder_start_token_id ?? fallbackStart;
  const first = base.forced_bos_token_id ?? config.forced_bos_token_id;
  return {
    start: [start, ...(typeof first === 'number' ? [first] : [])],
    forcedEos: base.forced_eos_token_id ?? null,
    minLength: pick('min_length') ?? 0,
    maxLength: pick('max_length') ?? DEFAULT_MAX_LENGTH,
    beams: pick('num_beams') ?? 1,
    lengthPenalty: pick('length_penalty') ?? 1,
    noRepeatNgram: pick('no_repeat_ngram_size') ?? 0,
    earlyStopping: pick('early_stopping') ?? false,
  };
}
