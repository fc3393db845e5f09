// How much a result can carry: the bound in bits that `contract show` prints, held against senders that try to send as much as
// they can. The last step of a room, without the model that nobody can read.

import assert from 'node:assert/strict';

import fc from 'fast-check';

import { alphabetOf, DEFAULT_SCRIPTS, SCRIPTS } from '../../../src/lib/contract/limits/alphabet.js';
import { bitsOfResult } from '../../../src/lib/contract/limits/bound.js';
import {
  countCharacters,
  formProblem,
  toSummaryText,
} from '../../../src/lib/contract/limits/summary-text.js';
import type { TextLimits } from '../../../src/lib/contract/schema.js';
import { appraiseSummary, planLengths } from '../../../src/lib/room/summarize-and-appraise.js';
import type { SummaryResult } from '../../../src/lib/summarizer/summarizer.js';
import { exampleContract } from '../../support/contract.js';
import { seeded } from '../../support/seeded.js';

const LATIN = alphabetOf(DEFAULT_SCRIPTS);
const SOURCE = 'A source of some length, of which nothing is repeated here. '.repeat(40);
const WIDE = {
  scripts: DEFAULT_SCRIPTS,
  maxShareOfSource: 1,
  maxCopiedWords: 10_000,
  maxCopiedShare: 1,
  minDocuments: 1,
};

/* Its keys are slow to make, and no bound depends on them. */
const CONTRACT = exampleContract();

/** What leaves a room whose model says `said` of each of so many documents and of all; null where nothing does. */
function leaves(limits: TextLimits, said: readonly string[]): readonly string[] | null {
  const summary = { ...CONTRACT.summary, limits: { ...limits, maxResults: 1 } };
  const [all = '', ...each] = said;
  const documents = (each.length === 0 ? [''] : each).map((_, index) => ({
    dataset: 'notes',
    title: `notes/${index}`,
    text: `${SOURCE}${index}`,
  }));
  const result = {
    summary: all,
    method: 't5',
    perDocument: each.map((text) => ({ summary: text })),
  } as unknown as SummaryResult;
  const lengths = planLengths(limits, documents.length);
  const left = appraiseSummary(
    { parsed: { contract: { ...CONTRACT, summary } } },
    documents,
    lengths,
    result,
  );
  return left.checks.every(({ status }) => status === 'pass') ? [left.summary, ...left.documents] : null;
}

/* Found by a search over Unicode, not taken from the table. */
const BASE = Array.from({ length: 0x110000 }, (_, point) => point).filter(
  (point) => (point < 0xd800 || point > 0xdfff) && formProblem(String.fromCodePoint(point), LATIN) === null,
);

describe('the capacity of a result', () => {
  it('for one character is what the bound counts: every code point was tried', () => {
    assert.equal(BASE.length, LATIN.size);
    const limits = { ...WIDE, scripts: [...DEFAULT_SCRIPTS], maxCharacters: 1 };
    const sent = new Set<string>();
    for (const point of [...BASE, 0x20, 0x0a, 0x2801, 0x301, 0x200b, 0x1f600, 0x430, 0x4e2d, 0xfe0f, 0xe0041])
      for (const said of ['', ' ', '\n'].map((gap) => `${gap}${String.fromCodePoint(point)}${gap}`))
        for (const text of leaves(limits, [said]) ?? []) sent.add(text);
    assert.ok(
      Math.log2(sent.size) <= bitsOfResult({ scripts: DEFAULT_SCRIPTS, maxCharacters: 1 }),
      String(sent.size),
    );
    assert.ok(sent.size >= LATIN.size, 'the channel is there');
  });

  it('for two characters is what the bound counts, whatever stands between them', () => {
    const gaps = [
      '',
      ' ',
      '\n',
      '  ',
      '\n\n',
      ' \n',
      '\t',
      '\r\n',
      '\u00a0',
      '\u2028',
      '\u200b',
      '\u00ad',
      '\ufeff',
    ];
    const limits = { ...WIDE, scripts: [...DEFAULT_SCRIPTS], maxCharacters: 2 };
    const letters = ['a', 'b', '\u0301', '\u00e1', '.', '1'];
    const sent = new Set<string>();
    for (const first of letters)
      for (const second of letters)
        for (const gap of gaps) {
          const [text] = leaves(limits, [`${first}${gap}${second}`]) ?? [];
          if (text !== undefined) sent.add(text);
        }
    /* Of each pair of characters at most three texts, and single characters. */
    const pairs = new Set(
      [...sent].filter((text) => countCharacters(text) === 2).map((text) => text.replace(/\s/gu, '')),
    );
    assert.ok([...sent].filter((text) => countCharacters(text) === 2).length <= 3 * pairs.size);
    for (const text of sent) assert.ok(countCharacters(text) <= 2, JSON.stringify(text));
  });

  it('is reached by a sender that uses every character and gap, to within three in a hundred, and never passed', () => {
    const maxCharacters = 300;
    const random = seeded(17);
    const limits = { ...WIDE, scripts: [...DEFAULT_SCRIPTS], maxCharacters };
    const radix = BigInt(3 * BASE.length);
    let message = 0n;
    const places = maxCharacters - 1;
    for (let at = 0; at < places; at++)
      message = message * radix + BigInt(Math.floor(random() * Number(radix)));
    const said = written(message, places);
    const [text] = leaves(limits, [said]) ?? [];
    assert.equal(text, said, 'what was said left as it was');
    assert.equal(readBack(text), message);
    const sentBits = places * Math.log2(Number(radix));
    const bound = bitsOfResult(limits);
    assert.ok(sentBits <= bound && sentBits > 0.97 * bound, `${sentBits} of ${bound} bits`);
    /* What is longer does not leave, or only its first sentences. */
    const [longer = ''] = leaves(limits, [`${said}aa`]) ?? [];
    assert.ok(countCharacters(longer) <= maxCharacters);
  });

  it('is shared by all texts of a result: what leaves of several is counted together', () => {
    const maxCharacters = 700;
    const limits = { ...WIDE, scripts: [...DEFAULT_SCRIPTS], maxCharacters };
    const word = fc.stringMatching(/^[a-z]{1,30}$/);
    const said = fc.array(
      fc.array(word, { maxLength: 60 }).map((words) => words.join(' ')),
      { minLength: 4, maxLength: 4 },
    );
    fc.assert(
      fc.property(said, (texts) => {
        const left = leaves(limits, texts);
        if (left === null) return;
        assert.ok(left.reduce((sum, text) => sum + countCharacters(text), 0) <= maxCharacters);
        assert.ok(left.length === 1 || left.every((text) => text !== '' && !text.includes('\n')));
      }),
      { numRuns: 40 },
    );
  });

  for (const script of SCRIPTS)
    it(`no text in ${script} leaves with more characters than are counted, and none with what nobody sees`, () => {
      const alphabet = alphabetOf([script]);
      const own = letterOf(script);
      const noise = fc.constantFrom(
        ' ',
        '\n',
        '\t',
        '\u00a0',
        '\u200b',
        '\u200d',
        '\u00ad',
        '\u0301',
        '\ufe0f',
        '\u{e0061}',
        '\ud800',
        '\u2800',
        '😀',
      );
      const any = fc.array(
        fc.oneof(
          { weight: 6, arbitrary: own },
          { weight: 2, arbitrary: noise },
          fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
        ),
        {
          maxLength: 40,
        },
      );
      fc.assert(
        fc.property(any, (characters) => {
          const text = toSummaryText(characters.join(''), alphabet);
          if (formProblem(text, alphabet) !== null) return;
          const points = Array.from(text);
          const gaps = points.filter((character) => character === ' ' || character === '\n').length;
          assert.equal(countCharacters(text), points.length - gaps);
          assert.ok(gaps < Math.max(1, countCharacters(text)), 'no gap that no character follows');
          for (const character of points)
            assert.ok(character === ' ' || character === '\n' || alphabet.holds(character.codePointAt(0)!));
          assert.equal(toSummaryText(text, alphabet), text);
        }),
        { numRuns: 150 },
      );
    });
});

function letterOf(script: (typeof SCRIPTS)[number]): fc.Arbitrary<string> {
  const alphabet = alphabetOf([script]);
  return fc.integer({ min: 0x21, max: 0xd7ff }).map((from) => {
    for (let point = from; ; point = point >= 0xd7ff ? 0x21 : point + 1)
      if (alphabet.holds(point)) return String.fromCodePoint(point);
  });
}

/** A number as text: a character and the gap before it a place. */
function written(message: bigint, places: number): string {
  const radix = BigInt(3 * BASE.length);
  let text = 'x';
  let rest = message;
  for (let at = 0; at < places; at++) {
    const digit = Number(rest % radix);
    rest /= radix;
    text += ['', ' ', '\n'][digit % 3]! + String.fromCodePoint(BASE[Math.floor(digit / 3)]!);
  }
  return text;
}

function readBack(text: string): bigint {
  const radix = BigInt(3 * BASE.length);
  const digits: number[] = [];
  let gap = 0;
  for (const character of Array.from(text).slice(1)) {
    if (character === ' ' || character === '\n') gap = character === ' ' ? 1 : 2;
    else {
      digits.push(BASE.indexOf(character.codePointAt(0)!) * 3 + gap);
      gap = 0;
    }
  }
  return digits.reduceRight((message, digit) => message * radix + BigInt(digit), 0n);
}
