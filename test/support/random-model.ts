// Small random models without a tokenizer: what the summarizer's search writes of token ids, in the form of transformers' generate().

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { generate } from '../../src/lib/summarizer/beam-search.js';
import { mergeGeneration } from '../../src/lib/summarizer/generation-config.js';
import { chooseGraphs } from '../../src/lib/summarizer/graph-files.js';
import { listGraphPaths } from '../../src/lib/summarizer/model-directory.js';
import { openGraphs } from '../../src/lib/summarizer/model-graphs.js';
import { importRuntime } from '../../src/lib/summarizer/runtime.js';
import type { SequenceModel } from '../../src/lib/summarizer/sequence-model.js';

/** Arguments of generate(); lengths count the start token. */
export type GenerationArguments = Parameters<typeof mergeGeneration>[0];

export interface RandomModel {
  /** One text an input: without the start token, with the end token where it came. */
  write(
    generation: GenerationArguments,
    inputs: readonly (readonly number[])[],
  ): Promise<readonly (readonly number[])[]>;
  release(): Promise<void>;
}

interface ModelConfig {
  readonly model_type: 't5' | 'bart';
  readonly eos_token_id: number;
  readonly pad_token_id: number;
  readonly decoder_start_token_id: number;
}

/** @param directory - config.json, and graphs as optimum or transformers.js leave them. */
export async function openRandomModel(directory: string): Promise<RandomModel> {
  const config = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')) as ModelConfig;
  const runtime = await importRuntime();
  const graphs = chooseGraphs(await listGraphPaths(directory));
  if (graphs === null) throw new Error(`${directory} holds no graphs`);
  const opened = await openGraphs(runtime.InferenceSession, { directory, graphs });
  const modelFor = (generation: GenerationArguments): SequenceModel => ({
    ...opened,
    Tensor: runtime.Tensor,
    tokenizer: { encode: () => [], count: () => 0, decode: () => '', isWord: () => true },
    description: {
      ...{ directory, family: config.model_type, graphs },
      ...{ inputLimit: 128, decoderLayers: 2, attentionWidth: 64, prefix: '', settings: { version: 1 } },
      ...{ eosToken: config.eos_token_id, padToken: config.pad_token_id },
      ...mergeGeneration(
        { ...generation, decoder_start_token_id: config.decoder_start_token_id },
        null,
        {},
        config.pad_token_id,
      ),
    },
  });
  return {
    write: (generation, inputs) => writeAll(modelFor(generation), inputs),
    release: () => opened.release(),
  };
}

async function writeAll(
  model: SequenceModel,
  inputs: readonly (readonly number[])[],
): Promise<readonly (readonly number[])[]> {
  const { start, minLength, maxLength, beams, eosToken } = model.description;
  const generated = await generate(model, inputs, {
    beams,
    maxTokens: maxLength - start.length,
    minTokens: Math.max(0, minLength - start.length),
  });
  return generated.map(({ tokens, ended }) => [...start.slice(1), ...tokens, ...(ended ? [eosToken] : [])]);
}
