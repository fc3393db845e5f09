// Limits that the model of a contract cannot meet are said before anybody signs.

import assert from 'node:assert/strict';

import { limitsBelow } from '../../../src/lib/parties/init.js';
import { describeModelDirectory } from '../../../src/lib/summarizer/model-directory.js';
import { EXAMPLE_LIMITS } from '../../support/contract.js';

describe('limits below what a model usually needs', () => {
  it('are named, with what the shipped model says of itself', async () => {
    const { usualCopiedWords, usualCopiedShare } =
      (await describeModelDirectory('models/t5-demo')).models.at(-1)?.settings ?? {};
    assert.ok(usualCopiedWords !== undefined && usualCopiedShare !== undefined);
    const usual = { maxCopiedWords: usualCopiedWords, maxCopiedShare: usualCopiedShare };
    const tight = limitsBelow(usual, { ...EXAMPLE_LIMITS, maxCopiedWords: 4, maxCopiedShare: 0.2 });
    assert.deepEqual(
      tight.map((line) => line.split(':')[0]),
      [
        `maxCopiedWords is 4, and the model usually needs ${usualCopiedWords}`,
        `maxCopiedShare is 0.2, and the model usually needs ${usualCopiedShare}`,
      ],
    );
    assert.deepEqual(limitsBelow(usual, { ...EXAMPLE_LIMITS, ...usual }), []);
  });

  it('are none where a model says nothing of itself', () => {
    assert.deepEqual(limitsBelow({}, { ...EXAMPLE_LIMITS, maxCopiedWords: 1 }), []);
  });
});
