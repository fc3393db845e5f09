// Which texts a pattern takes: the answers of the search against those of the matcher.

import assert from 'node:assert/strict';

import fc from 'fast-check';

import {
  isOpenAtEnd,
  type PatternAnswer,
  takesPrefix,
} from '../../../../src/lib/cce-policy/pattern/live-prefix.js';
import { compilePattern } from '../../../../src/lib/cce-policy/pattern/pattern.js';
import { PatternError } from '../../../../src/lib/cce-policy/pattern/pattern-node.js';
import { type Anchoring, asGuestReads } from '../../../../src/lib/cce-policy/pattern/reading.js';

function guestTakes(pattern: string, anchoring: Anchoring, text: string): boolean {
  return compilePattern(asGuestReads(pattern, anchoring)).found(text);
}

const LIVE: readonly (readonly [pattern: string, name: string])[] = [
  ['LD_PRELOAD=.+', 'LD_PRELOAD'],
  ['^LD_PRELOAD=/scratch/[a-z]+\\.so$', 'LD_PRELOAD'],
  ['^(?i)ld_preload=x$', 'LD_PRELOAD'],
  ['^[A-Z_]+=[0-9]$', 'LD_PRELOAD'],
  ['^L[^0-9]+$', 'LD_PRELOAD'],
  ['A=1|B=2', 'LD_PRELOAD'],
  ['A=x\\$', 'A'],
  ['^.{30,40}$', 'LD_PRELOAD'],
  ['^\\x4c\\Q=.\\E?', 'L'],
  ['^\\pL+_PRELOAD=$', 'LD_PRELOAD'],
  ['^LD_PRELOAD\\b=\\B$', 'LD_PRELOAD'],
  ['^(?s).*$', 'LD_PRELOAD'],
];

const DEAD: readonly (readonly [pattern: string, name: string])[] = [
  ['^MAX_TOKENS=[0-9]{1,6}$', 'LD_PRELOAD'],
  ['^LD_PRELOAD2=.*$', 'LD_PRELOAD'],
  ['^XLD_PRELOAD=.*$', 'LD_PRELOAD'],
  ['^ld_preload=.*$', 'LD_PRELOAD'],
  ['^LD_PRELOAD=\\z.$', 'LD_PRELOAD'],
  ['^LD_PRELOAD\\B=.*$', 'LD_PRELOAD'],
  ['^(A|B)=LD_PRELOAD=$', 'LD_PRELOAD'],
  ['^[^\\x00-\\x{10FFFF}]*LD_PRELOAD$', 'LD_PRELOAD'],
  ['(LD_PRELOAD=', 'LD_PRELOAD'],
  ['(?m)^B=1$', 'LD_PRELOAD'],
];

describe('which texts a pattern takes', () => {
  for (const [pattern, name] of LIVE) {
    it(`I7: finds a text that begins with ${name}= under ${pattern}, and the matcher takes it`, () => {
      const answer = takesPrefix(pattern, `${name}=`, 'anchored');
      assert.equal(answer.taken, 'yes');
      assert.ok(answer.example.startsWith(`${name}=`), answer.example);
      assert.ok(guestTakes(pattern, 'anchored', answer.example), answer.example);
    });
  }

  for (const [pattern, name] of DEAD) {
    it(`I7: finds none under ${pattern}`, () => {
      assert.deepEqual(takesPrefix(pattern, `${name}=`, 'anchored'), { taken: 'no' });
    });
  }

  it('I7: finds the name in front of a pattern that older guests search for anywhere', () => {
    assert.equal(takesPrefix('LEVEL=[0-9]', 'LD_PRELOAD=', 'unanchored').taken, 'yes');
    assert.equal(takesPrefix('LEVEL=[0-9]', 'LD_PRELOAD=', 'anchored').taken, 'no');
  });

  it('I7: does not call a pattern dead that is too large to search', () => {
    const large = `^A=${'x'.repeat(70_000)}$`;
    assert.deepEqual(takesPrefix(large, 'LD_PRELOAD=', 'anchored'), { taken: 'undecided' });
  });

  it('I6: knows a match that may end before the text does', () => {
    for (const pattern of ['A=x\\$', '(?m)^A=x$', 'A=1|B=2$', '^A=x\\Q$']) {
      const answer = isOpenAtEnd(pattern, 'anchored');
      assert.equal(answer.taken, 'yes', pattern);
      assert.ok(guestTakes(pattern, 'anchored', answer.example), answer.example);
    }
    for (const pattern of ['A=x', '^A=.*$', '^A=x\\z$', '(?s)A=.*']) {
      assert.deepEqual(isOpenAtEnd(pattern, 'anchored'), { taken: 'no' }, pattern);
    }
  });

  it('agrees with the matcher on patterns and texts that are made up', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        'b',
        'A',
        '=',
        '.',
        '[ab]',
        '[^a]',
        '\\w',
        '\\W',
        '\\b',
        '\\B',
        '^',
        '$',
        '\\n',
        '(?i)',
        '(?m)',
        '(?s)',
      ],
      ...[
        '(a|b)',
        '(ab)?',
        'a*',
        '.+',
        'a{2}',
        '|',
        '\\$',
        '\\z',
        '\\A',
        '(?:a=|=b)',
        '\\PL',
        '[[:^alpha:]]',
      ],
    );
    const pattern = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''));
    const text = fc
      .array(fc.constantFrom('a', 'b', 'A', '=', '\n', ' ', 'é'), { maxLength: 6 })
      .map((t) => t.join(''));
    fc.assert(
      fc.property(
        pattern,
        text,
        fc.nat(3),
        fc.constantFrom<Anchoring>('anchored', 'unanchored'),
        (source, sample, cut, anchoring) => {
          if (!isPattern(asGuestReads(source, anchoring))) return;
          const prefix = sample.slice(0, cut);
          const answer = takesPrefix(source, prefix, anchoring);
          if (guestTakes(source, anchoring, sample)) assert.equal(answer.taken, 'yes');
          checkExample(answer, source, anchoring, prefix);
          checkExample(isOpenAtEnd(source, anchoring), source, anchoring, '');
        },
      ),
      { numRuns: 1000 },
    );
  });
});

function checkExample(answer: PatternAnswer, pattern: string, anchoring: Anchoring, prefix: string): void {
  if (answer.taken !== 'yes') return;
  assert.ok(answer.example.startsWith(prefix));
  assert.ok(guestTakes(pattern, anchoring, answer.example), JSON.stringify(answer.example));
}

function isPattern(pattern: string): boolean {
  try {
    compilePattern(pattern);
    return true;
  } catch (cause) {
    if (cause instanceof PatternError) return false;
    throw cause;
  }
}
