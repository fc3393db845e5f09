// Token by token what Hugging Face transformers generates: test/vectors/generation has its answers.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { type GenerationArguments, openRandomModel, type RandomModel } from '../../support/random-model.js';

const VECTORS = 'test/vectors/generation';
const OUTPUTS = 378;

interface Case {
  readonly model: string;
  readonly kind: string;
  readonly seed: number;
  readonly config: GenerationArguments;
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

const cases = JSON.parse(readFileSync(`${VECTORS}/cases.json`, 'utf8')) as readonly Case[];

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
      let model: RandomModel;
      before(async () => {
        model = await openRandomModel(`${VECTORS}/${name}`);
      });
      after(() => model.release());

      for (const kind of new Set(cases.map((one) => one.kind))) {
        it(`${kind}: the same tokens`, async () => {
          for (const one of cases.filter((other) => other.model === name && other.kind === kind))
            assert.deepEqual(await model.write(one.config, one.inputs), one.outputs);
        });
      }
    });
  }
});
