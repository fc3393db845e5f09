// The quick ways of the extractive scorer, held against the plain ones; and that no text costs more than its length.

import assert from 'node:assert/strict';

import fc from 'fast-check';

import { extractSummary } from '../../../src/lib/summarizer/lexrank.js';
import { measureOverlap } from '../../../src/lib/summarizer/metrics.js';
import { isDotted, splitSentences } from '../../../src/lib/summarizer/sentences.js';
import { countWords, wordPieces, words } from '../../../src/lib/summarizer/words.js';
import { processorSeconds } from '../../support/processor-time.js';

const PIECES = [
  'Etc.',
  'Foo',
  'bar',
  'U.S.',
  '3.',
  'Mai',
  '!',
  '?',
  '."',
  "don't",
  '`x`',
  'A',
  '(ok)',
  ',',
].concat([' ', ' ', ' ', '...', 'été', '¿', '…', '。', '7', ';', 'a1B2', 'x'.repeat(20), '5.5', 'z.B.']);
const anyText = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 60 })
  .map((pieces) => pieces.join(''))
  .filter((text) => !/[\n\r]/.test(text));

/* As it is defined: ICU asked once for the whole, and its answers joined where what stands before is no end. */
function plainSentences(text: string): readonly string[] {
  const sentences: string[] = [];
  let open = '';
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text)) {
    if (open === '' || plainlyEnds(open, segment)) sentences.push((open = segment));
    else sentences[sentences.length - 1] = open += segment;
  }
  return sentences.map((sentence) => sentence.trim()).filter((sentence) => sentence !== '');
}

function plainlyEnds(before: string, after: string): boolean {
  if (/^[\p{Ll}»”’)\]]/u.test(after)) return false;
  if (/\b\d{1,2}\.\s*$/.test(before) && /^Mai\b/.test(after)) return false;
  const word = /([\p{L}\p{M}.-]+)\.["'”’»)\]]*\s*$/u.exec(before)?.[1];
  if (word === undefined) return true;
  return word.length === 1 ? !/\p{Lu}/u.test(word) : !isDotted(word);
}

describe('the extractive scorer', () => {
  it('breaks a text where it would if it looked at the whole of it each time', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, times) => {
        const long = `Word ${text} `.repeat(times).slice(0, 15_000).trim().replace(/\s+/g, ' ');
        assert.deepEqual(sentences(long), plainSentences(long));
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it('breaks it there wherever the windows end that ICU is asked about', () => {
    for (let length = 960; length < 1_060; length++) {
      const text = `${'Word '.repeat(length / 5)}${'a'.repeat(length % 5)}e end. 12 (7) of it. Next! 3 Then? “Yes.” So it was.`;
      assert.deepEqual(sentences(text), plainSentences(text));
    }
    for (const text of ['One! Two! Three!', 'One? Two', 'One. Two'])
      assert.equal(sentences(text)[0], text.slice(0, 4));
  });

  it('counts words as it lists them', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        assert.equal(countWords(text), words(text).flatMap(wordPieces).length);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('finds the words of ASCII where the rule for all scripts finds them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        /* A letter of another script makes the rule for all scripts read it. */
        assert.deepEqual([...words(text), 'ж'], words(`${text} ж`));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('measures overlap in one pass as by lists of n-grams', () => {
    const word = fc.constantFrom('a', 'b', 'c', 'd');
    const list = fc.array(word, { maxLength: 70 });
    fc.assert(
      fc.property(list, list, (candidate, reference) => {
        const { rouge1, rouge2, rougeL } = measureOverlap(candidate.join(' '), reference.join(' '));
        assert.equal(rouge1.precision, share(hits(candidate, reference, 1), candidate.length));
        assert.equal(rouge2.recall, share(hits(candidate, reference, 2), reference.length - 1));
        assert.equal(rougeL.recall, share(subsequence(candidate, reference), reference.length));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  const hostile: Readonly<Record<string, string>> = {
    'abbreviations that end no sentence': 'Etc. Foo ',
    'sentences of one letter': 'A b c. ',
    'notes of two words': 'Note 17.\n',
  };
  for (const [kind, piece] of Object.entries(hostile))
    it(`II1: takes no more for each of many ${kind}`, async () => {
      const seconds = async (bytes: number): Promise<number> => {
        const text = piece.repeat(bytes / piece.length);
        return processorSeconds(() => extractSummary(text, { maxWords: 50 }));
      };
      await seconds(50_000);
      const [small, large] = [await seconds(100_000), await seconds(400_000)];
      assert.ok(large < 10 * Math.max(small, 0.05), `${small} s and ${large} s`);
    });
});

function sentences(text: string): readonly string[] {
  return splitSentences(text).map((sentence) => sentence.text);
}

function share(part: number, whole: number): number {
  return whole <= 0 ? 0 : part / whole;
}

function hits(candidate: readonly string[], reference: readonly string[], n: number): number {
  const left = grams(candidate, n);
  return grams(reference, n).filter((gram) => {
    const at = left.indexOf(gram);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
}

function grams(list: readonly string[], n: number): string[] {
  return list.slice(n - 1).map((_, at) => list.slice(at, at + n).join(' '));
}

function subsequence(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const one of a) {
    const next = [0];
    for (const [at, other] of b.entries())
      next.push(one === other ? (row[at] ?? 0) + 1 : Math.max(next[at] ?? 0, row[at + 1] ?? 0));
    row = next;
  }
  return row.at(-1) ?? 0;
}
