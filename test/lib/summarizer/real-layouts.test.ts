// Models of the shapes that are used for summaries, shrunk: the configurations as published, weights random, four precisions.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { GEOMETRIES, shrunk } from '../../../bench/real-size/geometries.js';
import { makeModel } from '../../../bench/real-size/make-model.js';
import { generate } from '../../../src/lib/summarizer/beam-search.js';
import { refuseUnsafeModel } from '../../../src/lib/summarizer/graph-walk/refuse-unsafe-model.js';
import { describeModelDirectory } from '../../../src/lib/summarizer/model-directory.js';
import { loadSequenceModel } from '../../../src/lib/summarizer/sequence-model.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const TEXTS = [
  'The group decided to move all customers to the new cluster on 4 June and to switch the old one off.',
  'Speed limiters will be fitted.',
  'Since the boardwalk was opened, 97 percent of the visitors stay on it, and the sundew has come back on four of six plots.',
];

describe('models of real shapes', function () {
  this.timeout(60_000);
  const work = useTemporaryDirectory();

  for (const geometry of GEOMETRIES) {
    for (const precision of ['fp32', 'fp16', 'int8', 'q4'] as const) {
      it(`${geometry.name}, ${precision}: passes the walk, loads, and writes of each text the same alone as beside others`, async () => {
        const directory = join(work(), `${geometry.name}-${precision}`);
        await makeModel(shrunk(geometry), precision, directory);
        const described = await describeModelDirectory(directory);
        refuseUnsafeModel(described);
        const [description] = described.models;
        assert.ok(description !== undefined);
        assert.equal(description.graphs.weights, precision);
        const model = await loadSequenceModel(description);
        const inputs = TEXTS.map((text) => model.tokenizer.encode(text, description.prefix));
        for (const beams of [1, description.beams]) {
          const search = { beams, maxTokens: 12, minTokens: 4 };
          const together = await generate(model, inputs, search);
          for (const [index, input] of inputs.entries())
            assert.deepEqual(await generate(model, [input], search), together.slice(index, index + 1));
          assert.ok(together.every(({ tokens }) => tokens.length > 0));
        }
        await model.release();
        rmSync(directory, { recursive: true });
      });
    }
  }

  it('generate as their publishers wrote', async () => {
    const described = new Map<string, Awaited<ReturnType<typeof describeModelDirectory>>['models'][number]>();
    for (const geometry of GEOMETRIES) {
      const directory = join(work(), geometry.name);
      await makeModel(shrunk(geometry), 'fp32', directory);
      const [description] = (await describeModelDirectory(directory)).models;
      if (description !== undefined) described.set(geometry.name, description);
    }
    const t5 = described.get('t5-small');
    assert.deepEqual(
      [t5?.prefix, t5?.start, t5?.forcedEos, t5?.minLength, t5?.maxLength, t5?.beams, t5?.lengthPenalty],
      ['summarize: ', [0], null, 30, 200, 4, 2],
    );
    const bart = described.get('bart-large-cnn');
    assert.deepEqual(
      [
        bart?.prefix,
        bart?.start,
        bart?.forcedEos,
        bart?.minLength,
        bart?.maxLength,
        bart?.noRepeatNgram,
        bart?.earlyStopping,
      ],
      ['', [2, 0], 2, 56, 142, 3, true],
    );
  });
});
