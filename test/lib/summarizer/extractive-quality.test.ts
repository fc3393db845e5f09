// The extractive method beside the first sentence and the most central one, on the texts of bench:quality.

import assert from 'node:assert/strict';

import { extractive, leadSentence, plainLexRank } from '../../../bench/quality/baselines.js';
import { KINDS } from '../../../bench/quality/texts.js';
import { measureOverlap } from '../../../src/lib/summarizer/metrics.js';
import { sentenceWeight } from '../../../src/lib/summarizer/sentence-weight.js';

/* Mean ROUGE-1 of one-sentence summaries of a kind's texts. */
async function rouge(kind: string, summarize: (text: string) => Promise<string>): Promise<number> {
  let sum = 0;
  for (const { text, summary } of KINDS[kind] ?? [])
    sum += measureOverlap(await summarize(text), summary).rouge1.f1;
  return sum / (KINDS[kind]?.length ?? 0);
}

describe('the extractive method', function () {
  this.timeout(30_000);

  for (const kind of Object.keys(KINDS)) {
    it(`chooses a better sentence than the first or the most central one: ${kind}`, async () => {
      const ours = await rouge(kind, extractive);
      assert.ok(ours > (await rouge(kind, leadSentence)));
      assert.ok(ours > (await rouge(kind, plainLexRank)));
    });
  }

  const filler =
    'some words that are as long as those of an ordinary sentence, and not a word more than that';
  const pairs: readonly (readonly [string, string, string, number?])[] = [
    ['a decision', `The board decided ${filler}.`, `The board discussed ${filler}.`],
    ['eine Entscheidung', `Der Rat beschloss ${filler}.`, `Der Rat besprach ${filler}.`],
    ['une décision', `Le conseil a décidé ${filler}.`, `Le conseil a lu ${filler}.`],
    ['un acuerdo', `La junta acordó ${filler}.`, `La junta leyó ${filler}.`],
    ['what stands for itself', `The roof needs ${filler}.`, `It needs ${filler} again.`],
    ['news before thanks', `The parcel has ${filler}.`, `Thanks, it has ${filler}.`],
    ['a figure', `Of the 40 boxes ${filler}.`, `Of the boxes there ${filler}.`],
    ['an impersonal decision', `It was agreed that ${filler}.`, `It was said that ${filler}.`],
    ['an opening that defines', `A sluice is a ${filler}.`, `A sluice had a ${filler}.`, 0],
  ];
  for (const [what, more, less, position = 3] of pairs)
    it(`gives more weight to ${what}`, () => {
      const weigh = (text: string): number => sentenceWeight({ text, position, wordCount: 20 });
      assert.ok(weigh(more) > weigh(less));
    });

  it('takes a first sentence for one that has nothing to refer back to', () => {
    const weigh = (text: string): number => sentenceWeight({ text, position: 0, wordCount: 20 });
    assert.equal(weigh('This had been so for years.'), weigh('That street had been so for years.'));
  });
});
