// The longest run of words that a text copies of its sources.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { measureCopies } from '../../../src/lib/summarizer/copy-measure.js';
import { words } from '../../../src/lib/summarizer/words.js';
import { SOURCE } from '../../support/disclosed.js';

function longestRun(sources: readonly string[], text: string): number {
  return measureCopies(sources, [text]).longest;
}

function run(summary: string, source = SOURCE): number {
  return longestRun([source], summary);
}

describe('longest verbatim run', () => {
  it('counts the words of the longest copied passage', () => {
    assert.equal(run('They said that people and their bank accounts matter'), 5);
    assert.equal(run('xyz'), 0);
    assert.equal(run(''), 0);
  });

  const COPY = 'forty two people and their bank accounts';
  const LETTERS = Array.from(COPY);
  const disguises: Record<string, string> = {
    'upper case': COPY.toUpperCase(),
    'full-width letters': LETTERS.map((c) =>
      c === ' ' ? c : String.fromCharCode(c.charCodeAt(0) + 0xfee0),
    ).join(''),
    'zero-width characters': LETTERS.join('\u200b'),
    'soft hyphens': LETTERS.join('\u00ad'),
    'bidirectional controls': COPY.replaceAll(' ', '\u202e \u202c'),
    'variation selectors': LETTERS.join('\ufe0f'),
    'tag characters': LETTERS.join('\u{e0041}'),
    'NUL bytes': LETTERS.join('\0'),
    'combining marks': LETTERS.map((c) => (c === ' ' ? c : `${c}\u0301`)).join(''),
    'precomposed accents': COPY.replaceAll('o', 'ö').replaceAll('e', 'é'),
    'Cyrillic look-alikes': COPY.replaceAll('o', 'о')
      .replaceAll('e', 'е')
      .replaceAll('a', 'а')
      .replaceAll('p', 'р'),
    'mathematical letters': LETTERS.map((c) =>
      c === ' ' ? c : String.fromCodePoint(0x1d41a + c.charCodeAt(0) - 97),
    ).join(''),
    'odd white space': COPY.replaceAll(' ', '\u3000\n\t'),
    'no white space': COPY.replaceAll(' ', ''),
    'spaced letters': LETTERS.filter((letter) => letter !== ' ').join(' '),
    'hyphens between letters': LETTERS.filter((letter) => letter !== ' ').join('-'),
    'other word breaks': 'for tytwope oplea ndth eirba nkacc ounts',
    'punctuation between words': COPY.replaceAll(' ', '. ... , ; | '),
    'emoji between words': COPY.replaceAll(' ', ' 🙂 '),
    'a filler after every word': COPY.replaceAll(' ', ' um '),
    'two fillers after every word': COPY.replaceAll(' ', ' so uh '),
  };
  for (const [name, text] of Object.entries(disguises)) {
    it(`II2: sees a copy through ${name}`, () => {
      assert.equal(run(`It says ${text} today`), 7);
    });
  }

  it('counts characters where a script has no spaces', () => {
    assert.equal(run('报告说员工的银行账户很多', '本月工资单列出员工的银行账户和城市。'), 7);
  });

  it('counts a copied key by pieces of 16 letters, also where its beginning was left off', () => {
    const key = 'sk0'.concat('a1b2c3d4e5f6g7h8'.repeat(4));
    assert.equal(run(`the key ${key}`, `secret ${key} end`), 5);
    assert.equal(run(`the key ${key.slice(5)}`, `secret ${key} end`), 4);
  });

  it('does not join the end of one source with the beginning of the next', () => {
    assert.equal(longestRun(['one two', 'three four'], 'one two three four'), 2);
  });

  it('agrees with a plain search on random texts', () => {
    const text = fc.array(fc.constantFrom('aa', 'bb', 'cc', 'dd'), { maxLength: 40 });
    fc.assert(
      fc.property(text, text, (source, summary) => {
        assert.ok(longestRun([source.join(' ')], summary.join(' ')) >= plainRun(source, summary));
      }),
    );
  });

  it('never falls when the summary grows', () => {
    const text = fc.array(fc.constantFrom('one', 'two', 'three'), { maxLength: 20 });
    fc.assert(
      fc.property(text, text, text, (source, summary, more) => {
        const shorter = longestRun([source.join(' ')], summary.join(' '));
        assert.ok(longestRun([source.join(' ')], [...summary, ...more].join(' ')) >= shorter);
      }),
    );
  });

  it('reads ten megabytes of source in seconds', function () {
    this.timeout(20_000);
    const source = `${'the quick brown fox jumps over the lazy dog again and again '.repeat(170_000)}secret`;
    assert.equal(run('jumps over the quick secret', source), 3);
    assert.ok(words('a b').length === 2);
  });
});

function plainRun(source: readonly string[], summary: readonly string[]): number {
  let longest = 0;
  for (let s = 0; s < source.length; s++) {
    for (let t = 0; t < summary.length; t++) {
      let length = 0;
      while (
        s + length < source.length &&
        t + length < summary.length &&
        source[s + length] === summary[t + length]
      )
        length++;
      longest = Math.max(longest, length);
    }
  }
  return longest;
}
