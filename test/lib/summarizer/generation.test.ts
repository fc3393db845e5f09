// Token by token what Hugging Face transformers generates: test/vectors/generation has its answers.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { generate } from '../../../src/lib/summarizer/beam-search.js';
import { mergeGeneration } from '../../../src/lib/summarizer/generation-config.js';
import { chooseGraphs } from '../../../src/lib/summarizer/graph-files.js';
import { listGraphPaths } from '../../../src/lib/summarizer/model-directory.js';
import { openGraphs } from '../../../src/lib/summarizer/model-graphs.js';
import { importRuntime } from '../../../src/lib/summarizer/runtime.js';
import type { SequenceModel } from '../../../src/lib/summarizer/sequence-model.js';

const VECTORS = 'test/vectors/generation';
const OUTPUTS = 378;

interface Case {
  readonly model: string;
  readonly kind: string;
  readonly seed: number;
  readonly config: Parameters<typeof mergeGeneration>[0];
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

interface ModelConfig {
  readonly model_type: 't5' | 'bart';
  readonly eos_token_id: number;
  readonly pad_token_id: number;
  readonly decoder_start_token_id: number;
}

const cases = JSON.parse(readFileSync(`${VECTORS}/cases.json`, 'utf8')) as readonly Case[];

async function openModel(name: string): Promise<(generation: Case['config']) => SequenceModel> {
  const directory = `${VECTORS}/${name}`;
  const config = JSON.parse(readFileSync(`${directory}/config.json`, 'utf8')) as ModelConfig;
  const runtime = await importRuntime();
  const graphs = chooseGraphs(await listGraphPaths(directory));
  assert.ok(graphs !== null);
  const opened = await openGraphs(runtime.InferenceSession, { directory, graphs });
  return (generation) => ({
    ...opened,
    Tensor: runtime.Tensor,
    tokenizer: { encode: () => [], count: () => 0, decode: () => '', isWord: () => true },
    description: {
      directory,
      family: config.model_type,
      graphs,
      inputLimit: 64,
      decoderLayers: 2,
      attentionWidth: 64,
      prefix: '',
      eosToken: config.eos_token_id,
      padToken: config.pad_token_id,
      settings: { version: 1 },
      ...mergeGeneration(
        { ...generation, decoder_start_token_id: config.decoder_start_token_id },
        null,
        {},
        config.pad_token_id,
      ),
    },
  });
}

describe('generation', function () {
  this.timeout(60_000);

  it(`has ${OUTPUTS} answers to be equal to`, () => {
    assert.equal(
      cases.reduce((sum, { outputs }) => sum + outputs.length, 0),
      OUTPUTS,
    );
  });

  for (const name of ['t5', 't5-gated', 'bart']) {
    describe(`by the random ${name}`, () => {
      let modelFor: Awaited<ReturnType<typeof openModel>>;
      before(async () => {
        modelFor = await openModel(name);
      });
      after(() => modelFor({}).release());

      for (const kind of new Set(cases.map((one) => one.kind))) {
        it(`${kind}: the same tokens`, async () => {
          for (const one of cases.filter((other) => other.model === name && other.kind === kind)) {
            const model = modelFor(one.config);
            const { start, minLength, maxLength, beams, eosToken } = model.description;
            const generated = await generate(model, one.inputs, {
              beams,
              maxTokens: maxLength - start.length,
              minTokens: Math.max(0, minLength - start.length),
            });
            assert.deepEqual(
              generated.map(({ tokens, ended }) => [
                ...start.slice(1),
                ...tokens,
                ...(ended ? [eosToken] : []),
              ]),
              one.outputs,
            );
          }
        });
      }
    });
  }
});
