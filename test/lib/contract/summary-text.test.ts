import assert from 'node:assert/strict';

import { alphabetOf, SCRIPTS, scriptsOf } from '../../../src/lib/contract/limits/alphabet.js';
import {
  countCharacters,
  formProblem,
  leavesInScripts,
  toSummaryText,
} from '../../../src/lib/contract/limits/summary-text.js';

const LATIN = alphabetOf(['Latin']);

describe('the form of a summary', () => {
  const plain: readonly (readonly [string, string, string])[] = [
    ['bullets', '\u2022 Revenue grew.\n\u25aa Costs fell.', 'Revenue grew.\nCosts fell.'],
    ['arrows', 'Hamburg \u2192 Porto', 'Hamburg -> Porto'],
    ['signs of mathematics', '3 \u2264 4 \u00d7 5 \u00b1 1', '3 <= 4 * 5 +/- 1'],
    ['trade marks', 'Porto\u2122 and Orchard\u00ae.', 'Porto and Orchard.'],
    ['pictures before a full stop', 'More trucks \u{1f69a}.', 'More trucks.'],
    [
      'pictures of several code points',
      'Done \u2714\ufe0f by \u{1f468}\u200d\u{1f33e} in \u{1f1f5}\u{1f1f9}',
      'Done by in',
    ],
    ['keycaps', 'Step 1\ufe0f\u20e3', 'Step 1'],
  ];
  for (const [name, text, expected] of plain) {
    it(`gives ${name} their plain form, or leaves them out`, () => {
      assert.equal(toSummaryText(text, LATIN), expected);
      assert.equal(formProblem(expected, LATIN), null);
    });
  }

  it('leaves ASCII as it is but for its gaps, wherever in a text they are', () => {
    const signs = Array.from({ length: 0x5e }, (_, at) => String.fromCharCode(0x21 + at));
    for (const text of ['', 'x', signs.join(''), signs.join(' ')])
      assert.equal(toSummaryText(text, LATIN), text);
    for (const gap of [' ', '  ', '\t', ' \t ', '\u00a0'])
      for (const [text, expected] of [
        [`${gap}a b`, 'a b'],
        [`a b${gap}`, 'a b'],
        [`a${gap}b`, 'a b'],
        [gap, ''],
      ] as const)
        assert.equal(toSummaryText(text, LATIN), expected);
    assert.equal(toSummaryText('a \r\n b', LATIN), 'a\nb');
    assert.equal(toSummaryText('a\nb', LATIN), 'a\nb');
  });

  it('changes no letter and no digit of any script', () => {
    const all = alphabetOf(SCRIPTS);
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      const character = String.fromCodePoint(codePoint);
      if (!/^[\p{L}\p{N}]$/u.test(character) || character.normalize('NFC') !== character) continue;
      if (/[\u00aa\u00ba]/.test(character)) continue;
      assert.equal(toSummaryText(character, all), character, codePoint.toString(16));
    }
  });

  it('I6: what it gives instead is of the alphabet of every script', () => {
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      const character = String.fromCodePoint(codePoint);
      const text = toSummaryText(character, LATIN);
      if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
      if (text === character || text === character.normalize('NFC')) continue;
      assert.ok(formProblem(text, LATIN) === null, codePoint.toString(16));
      assert.ok(countCharacters(text) <= 3, codePoint.toString(16));
    }
  });

  it('tells which texts may leave in the scripts of a contract', () => {
    assert.equal(leavesInScripts(['Latin'])('Revenue grew \u2192 12 % \u{1f69a}'), true);
    assert.equal(leavesInScripts(['Latin'])('Город'), false);
    assert.equal(leavesInScripts(['Cyrillic'])('Город'), true);
  });
});

describe('the scripts of a text', () => {
  const texts: readonly (readonly [string, readonly string[]])[] = [
    ['The city builds a bridge.', ['Latin']],
    ['Город решил построить новый мост через реку.', ['Cyrillic']],
    ['Город купил Windows и Linux.', ['Latin', 'Cyrillic']],
    ['東京の図書館は毎日カードを発行します。', ['Han', 'Hiragana', 'Katakana']],
    ['A study of the letter ξ in two hundred manuscripts of the library.', ['Latin']],
    ['12 345 — 67 %', ['Latin']],
  ];
  for (const [text, expected] of texts)
    it(`are ${expected.join(', ')} for ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.deepEqual(scriptsOf(text), expected);
    });
});
