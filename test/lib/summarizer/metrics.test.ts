import assert from 'node:assert/strict';

import { extractSummary } from '../../../src/lib/summarizer/lexrank.js';
import { measureOverlap } from '../../../src/lib/summarizer/metrics.js';

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-3, `${actual} is not ${expected}`);
}

describe('metrics', () => {
  it('are 1 for a text against itself, but for case and punctuation', () => {
    const { bleu4, rouge1, rouge2, rougeL } = measureOverlap(
      'The cat sat on the mat.',
      'the cat sat on the mat',
    );
    for (const value of [bleu4, rouge1.f1, rouge2.f1, rougeL.f1]) near(value, 1);
  });

  it('are 0 for texts without a word in common, and for empty ones', () => {
    for (const [a, b] of [
      ['one two', 'three four'],
      ['', 'a'],
      ['a', ''],
    ] as const) {
      const { bleu4, rouge1, rouge2, rougeL } = measureOverlap(a, b);
      assert.deepEqual([bleu4, rouge1.f1, rouge2.f1, rougeL.f1], [0, 0, 0, 0]);
    }
  });

  it('have the values of the papers for their example', () => {
    // Lin (2004), section 3: S1 "police killed the gunman", S2 "police kill the gunman", S3 "the gunman kill police".
    const s1 = 'police killed the gunman';
    near(measureOverlap('police kill the gunman', s1).rougeL.f1, 0.75);
    near(measureOverlap('the gunman kill police', s1).rougeL.f1, 0.5);
    near(measureOverlap('police kill the gunman', s1).rouge2.recall, 1 / 3);
    // Papineni et al. (2002), section 2.1: unigrams are clipped.
    near(measureOverlap('the the the the the the the', 'the cat is on the mat').rouge1.precision, 2 / 7);
  });

  it('give BLEU-4 by clipped precisions, smoothing and brevity penalty', () => {
    // 5 of 5, 3+1 of 4+1, 1+1 of 3+1, 0+1 of 2+1; penalty exp(1 - 7/5).
    const expected = Math.exp(Math.log((1 * 4 * 2 * 1) / (1 * 5 * 4 * 3)) / 4 - 2 / 5);
    near(measureOverlap('a b c e d', 'x a b c d e d').bleu4, expected);
  });

  it('take a source of a million words in seconds', () => {
    assert.equal(measureOverlap('alpha beta', 'alpha gamma beta '.repeat(350_000)).rougeL.precision, 1);
  });
});

describe('extractive summary', function () {
  this.timeout(30_000);

  const TEXT =
    'The harbour was rebuilt last year. The new harbour has two cranes and a rail link. Ships wait less at the new harbour. ' +
    'It rained on Tuesday. The cranes of the harbour load ships by night. Nobody knows why.';

  it('is made of sentences of the text, in their order', async () => {
    const summary = await extractSummary(TEXT, { maxWords: 40, maxSentences: 2 });
    const parts = summary.split(/(?<=\.) /);
    assert.ok(parts.every((part) => TEXT.includes(part)));
    assert.deepEqual(
      parts,
      [...parts].sort((a, b) => TEXT.indexOf(a) - TEXT.indexOf(b)),
    );
    assert.match(summary, /harbour/);
    assert.doesNotMatch(summary, /rained/);
  });

  it('keeps to the number of words, also where no sentence does', async () => {
    assert.ok((await extractSummary(TEXT, { maxWords: 8 })).split(' ').length <= 8);
    assert.equal(await extractSummary('One two three four five six.', { maxWords: 3 }), 'One two three…');
    assert.equal(await extractSummary('y'.repeat(5000), { maxWords: 2 }), `${'y'.repeat(32)}…`);
  });

  it('does not say the same thing twice', async () => {
    const summary = await extractSummary(
      'A red fox ran home today. '.repeat(5) + 'A blue whale swam far away.',
      {
        maxWords: 60,
        maxSentences: 2,
      },
    );
    assert.equal(summary.match(/fox/g)?.length, 1);
  });

  it('takes processor time in proportion to the length of the text', async () => {
    const sentence = (n: number): string =>
      `Room ${n} of the ${n % 97}th archive holds ${n % 13} boxes of letters about the harbour and its ${n % 31} cranes. `;
    const spent = async (sentences: number): Promise<number> => {
      const text = Array.from({ length: sentences }, (_, index) => sentence(index)).join('');
      const before = process.cpuUsage();
      await extractSummary(text, { maxWords: 60 });
      return process.cpuUsage(before).user;
    };
    await spent(2000);
    const [short, long] = [await spent(4000), await spent(16_000)];
    assert.ok(long < 10 * short, `${long} against ${short}`);
  });

  it('ranks thousands of sentences in seconds', async () => {
    const text = Array.from(
      { length: 5000 },
      (_, index) => `Sentence ${index} speaks of topic ${index % 17} at length.`,
    ).join(' ');
    assert.ok((await extractSummary(text, { maxWords: 50 })).length > 0);
  });
});
