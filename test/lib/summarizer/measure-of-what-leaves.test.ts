// How what leaves a room is measured, whatever a model does to hide it.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { alphabetOf, SCRIPTS } from '../../../src/lib/contract/limits/alphabet.js';
import { bitsOfResult, roundedBits } from '../../../src/lib/contract/limits/bound.js';
import {
  countCharacters,
  formProblem,
  toSummaryText,
} from '../../../src/lib/contract/limits/summary-text.js';
import { measureCopies } from '../../../src/lib/summarizer/copy-measure.js';
import { appraiseDisclosure, withinLimits } from '../../../src/lib/summarizer/disclosure.js';

const HIDING = [
  ...[
    '\u0301',
    '\u0323\u0302',
    '\u20dd',
    '\ufe0f',
    '\ufe00',
    '\u{e0101}',
    '\u200b',
    '\u200c',
    '\u200d',
    '\u2060',
    '\ufeff',
  ],
  ...[
    '\u202a',
    '\u202e',
    '\u2066',
    '\u2069',
    '\u061c',
    '\ud83d',
    '\ude00',
    '\ue000',
    '\u{f0000}',
    '\u{e0041}',
    '\u{e007f}',
  ],
  ...[
    '\u2801',
    '👩‍👩‍👧',
    '👍🏽',
    '🇦🇹',
    '\u00a0',
    '\u3000',
    '\u2009',
    '\t',
    '\r',
    '\u0085',
    '\u2028',
    '\u180e',
    '\u115f',
    '\u3164',
  ],
  ...[
    '\u0435',
    '\u212b',
    'e\u0301',
    '\ufb01',
    '\u1e9b\u0323',
    '\u0149',
    '\u00ad',
    '\u034f',
    '\0',
    '\u007f',
    '＇',
    '｀',
  ],
];

describe('the measure of what leaves', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc
      .array(fc.constantFrom('wort', 'Ökonomie', '报', 'ก', 'ब', ' ', '\n', '\u00ad', '…', '’'), {
        maxLength: 40,
      })
      .map((parts) => parts.join('')),
    /* What hides beside a letter, or looks like another: marks, selectors, joiners, directions, halves, tags, private signs. */
    fc
      .array(fc.constantFrom(...HIDING, ...HIDING, 'wort', 'a', '报', 'ก', 'ब', 'א', 'ع', ' ', '\n'), {
        maxLength: 30,
      })
      .map((parts) => parts.join('')),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
      .map((units) => String.fromCharCode(...units)),
  );
  const anyScripts = fc.uniqueArray(fc.constantFrom(...SCRIPTS), { minLength: 1 });

  it('I6: no text that leaves, in any script, has more characters than counted', () => {
    fc.assert(
      fc.property(anyText, anyScripts, (raw, scripts) => {
        const alphabet = alphabetOf(scripts);
        const text = toSummaryText(raw, alphabet);
        if (formProblem(text, alphabet) !== null) return;
        const written = Array.from(text).filter((character) => character !== ' ' && character !== '\n');
        assert.equal(countCharacters(text), written.length);
        assert.ok(Array.from(text).length <= 2 * countCharacters(text));
        assert.ok(written.every((character) => alphabet.holds(character.codePointAt(0)!)));
      }),
      { numRuns: 2000 },
    );
  });

  it('I34: lets nothing through, as it stands, that is longer than counted, or holds anything but the alphabet and single gaps', () => {
    const gaps = / |\n/;
    let passed = 0;
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 3 }), anyScripts, (texts, scripts) => {
        const limits = {
          scripts,
          maxCharacters: 20,
          maxShareOfSource: 1,
          maxCopiedWords: 99,
          maxCopiedShare: 1,
          minDocuments: 1,
        };
        const source = [{ dataset: 'notes', text: 'A source of many words. '.repeat(20) }];
        if (!withinLimits(appraiseDisclosure(limits, source, texts))) return;
        passed++;
        const alphabet = alphabetOf(scripts);
        const written = texts.flatMap((text) => Array.from(text).filter((sign) => !gaps.test(sign)));
        assert.ok(written.length <= 20, JSON.stringify(texts));
        for (const sign of written) assert.ok(alphabet.holds(sign.codePointAt(0)!), JSON.stringify(sign));
        for (const text of texts) {
          assert.equal(text.normalize('NFC'), text);
          assert.doesNotMatch(text, /^[ \n]|[ \n]{2}|[ \n]$/);
          if (texts.length > 1) assert.doesNotMatch(text, /\n|^$/);
        }
      }),
      { numRuns: 3000 },
    );
    assert.ok(passed > 50, String(passed));
  });

  it('I34: tells by its measured values no more than 40 bits beside the text', () => {
    const steps = 10_001;
    const copiedWords = 1000;
    const methods = 2;
    assert.ok(Math.log2(steps * steps * copiedWords * methods) < 40);
    const limits = {
      scripts: ['Latin' as const],
      maxCharacters: 900,
      maxShareOfSource: 1,
      maxCopiedWords: copiedWords - 1,
      maxCopiedShare: 1,
      minDocuments: 1,
    };
    const source = [{ dataset: 'notes', text: 'One two three four five six seven eight nine ten.' }];
    const actual = appraiseDisclosure(limits, source, ['One two three and more.']).map(
      (check) => check.actual,
    );
    /* Documents and scripts are the owners', characters are the text's. */
    assert.deepEqual([actual.length, actual[0], actual[1]], [6, '1', 'Latin']);
    for (const share of [actual[3], actual[5]]) assert.match(share ?? '', /^[01](?:\.\d{1,4})?$/);
    assert.match(actual[4] ?? '', /^\d{1,3}$/);
  });

  it('I6: a text in its form stays as it is, and is told from every other by its characters and gaps alone', () => {
    fc.assert(
      fc.property(anyText, anyScripts, (raw, scripts) => {
        const alphabet = alphabetOf(scripts);
        const text = toSummaryText(raw, alphabet);
        assert.equal(toSummaryText(text, alphabet), text);
      }),
      { numRuns: 2000 },
    );
  });

  it('I6: never lets out more texts than the bound in bits says, counted over a small alphabet', () => {
    const alphabet = 3;
    for (const most of [1, 2, 3, 4]) {
      let texts = 0;
      for (let length = 0; length <= most; length++)
        texts += alphabet ** length * 3 ** Math.max(0, length - 1);
      assert.ok(Math.log2(texts) <= (most + 1) * Math.log2(3 * alphabet));
    }
  });

  it('says the bound of the contract that the design names: 494 characters of Latin, 9,500 bits for 900', () => {
    assert.equal(alphabetOf(['Latin']).size, 494);
    assert.equal(roundedBits(bitsOfResult({ scripts: ['Latin'], maxCharacters: 900 })), 9500);
  });

  it('has no character in an alphabet that is not in NFC by itself, or is white space or invisible', () => {
    for (const script of SCRIPTS) {
      const { holds } = alphabetOf([script]);
      for (let codePoint = 0; codePoint <= 0xffff; codePoint++) {
        if (!holds(codePoint)) continue;
        const character = String.fromCodePoint(codePoint);
        assert.equal(character.normalize('NFC'), character, codePoint.toString(16));
        assert.doesNotMatch(
          character,
          /[\s\p{Cn}\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/u,
          codePoint.toString(16),
        );
      }
    }
  });

  it('covers a stretch of the source whatever the order of what covers it, never more than there is', () => {
    const words = fc.array(fc.constantFrom('one', 'two', 'three', 'four'), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(words, words, (source, text) => {
        const { share, stretch } = measureCopies([source.join(' ')], [text.join(' ')]);
        assert.ok(share >= 0 && share <= 1 && stretch <= source.length);
        assert.equal(share === 0, stretch === 0);
        assert.ok(stretch === 0 || stretch >= 3);
      }),
    );
  });
});
