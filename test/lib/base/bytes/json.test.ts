import assert from 'node:assert/strict';

import fc from 'fast-check';

import { canonicalJson, type Json } from '../../../../src/lib/base/bytes/canonical-json.js';
import { parseStrictJson, StrictJsonError } from '../../../../src/lib/base/bytes/strict-json.js';
import { processorSeconds } from '../../../support/processor-time.js';

describe('canonical JSON (RFC 8785)', () => {
  it('is the text of the example in RFC 8785 §3.2.3', () => {
    const value: Json = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    const names = [...canonicalJson(value).matchAll(/"((?:[^"\\]|\\.)*)":/g)].map((match) => match[1]);
    assert.deepEqual(names, ['\\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']);
  });

  it('writes numbers as ECMAScript does (RFC 8785 §3.2.2.3)', () => {
    assert.equal(
      canonicalJson([Number('333333333.33333329'), 1e30, 4.5, 2e-3, -0, 1e-27]),
      '[333333333.3333333,1e+30,4.5,0.002,0,1e-27]',
    );
  });

  it('does not depend on the order of members', () => {
    assert.equal(
      canonicalJson({ b: [{ d: 1, c: 2 }], a: null }),
      canonicalJson({ a: null, b: [{ c: 2, d: 1 }] }),
    );
  });

  it('refuses what JSON cannot say: NaN and lone surrogates', () => {
    assert.throws(() => canonicalJson(Number.NaN), TypeError);
    assert.throws(() => canonicalJson('\ud800'), TypeError);
  });

  it('reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = canonicalJson(value);
        assert.equal(canonicalJson(JSON.parse(text) as Json), text);
      }),
    );
  });
});

describe('strict JSON', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        if (text.includes('"__proto__"')) return;
        assert.deepEqual(parseStrictJson(text), JSON.parse(text));
      }),
    );
  });

  const refused: readonly (readonly [string, string])[] = [
    ['a duplicate member', '{"a":1,"a":2}'],
    ['a duplicate member spelled with an escape', '{"a":1,"\\u0061":2}'],
    ['a duplicate member further in', '[{"b":{"a":1,"c":[],"a":2}}]'],
    ['a duplicate member behind a nested object', '{"a":{"x":1},"b":2,"a":3}'],
    ['__proto__', '{"__proto__":{}}'],
    ['trailing bytes', '{} {}'],
    ['nesting beyond the limit', '['.repeat(65) + ']'.repeat(65)],
    ['a comment', '{/**/}'],
    ['nothing', ''],
  ];
  for (const [what, text] of refused) {
    it(`X5: refuses ${what}`, () => {
      assert.throws(() => parseStrictJson(text), StrictJsonError);
    });
  }

  it('lets equal names stand in different objects and as values', () => {
    assert.deepEqual(parseStrictJson('{"a":{"a":"a"},"b":["a","a"]}'), { a: { a: 'a' }, b: ['a', 'a'] });
  });

  it('takes time that grows with the text only', async () => {
    const seconds = await processorSeconds(() => {
      assert.throws(() => parseStrictJson('['.repeat(2_000_000)), StrictJsonError);
      assert.throws(() => parseStrictJson(`"${'\\'.repeat(1_000_001)}`), StrictJsonError);
    });
    assert.ok(seconds < 3, `${seconds} s`);
  });
});
