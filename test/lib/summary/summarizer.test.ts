import assert from 'node:assert/strict';

import { createSummarizer, type Summarizer } from '../../../src/lib/summary/summarizer.js';

const TINY_TEXT =
  'the software license you work with. this source code under program terms. any copy may not.';

function document(text: string, name = 'a.txt'): { name: string; text: string } {
  return { name, text };
}

describe('summarizer', () => {
  for (const family of ['t5', 'bart'] as const) {
    describe(`with the tiny ${family} that copies the first sentence`, () => {
      let summarizer: Summarizer;
      before(async () => {
        summarizer = await createSummarizer({ modelDirectory: `test/fixtures/models/${family}-tiny` });
      });
      after(() => summarizer.close());

      for (const beams of [1, 3]) {
        it(`copies it exactly with ${beams} beam(s)`, async () => {
          const result = await summarizer.summarize([document(TINY_TEXT)], { maxTokens: 40, beams });
          assert.equal(result.summary, 'the software license you work with.');
          assert.equal(result.method, family);
          assert.equal(result.model?.digest, summarizer.modelDigest);
        });
      }
    });
  }
});
