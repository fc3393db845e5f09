// Lines on a narrow terminal: no word is torn, no line is wider than it, and nothing is lost.

import assert from 'node:assert/strict';

import fc from 'fast-check';

import { wrapLines } from '../../../src/lib/terminal/wrap-lines.js';

describe('a line that is longer than the terminal', () => {
  it('is broken between words, with what goes on indented', () => {
    assert.equal(
      wrapLines('  - The text notes of fabrikam is read by the room only.', 30),
      '  - The text notes of fabrikam\n    is read by the room only.',
    );
    assert.equal(wrapLines('short\n  lines stay', 30), 'short\n  lines stay');
  });

  it('leaves a word whole that fits nowhere, and everything where there is no terminal', () => {
    const digest = 'ab'.repeat(32);
    assert.equal(wrapLines(`policy ${digest} end`, 40), `policy\n  ${digest}\n  end`);
    assert.equal(wrapLines(`policy ${digest} end`, undefined), `policy ${digest} end`);
  });

  it('counts no column for a colour', () => {
    const bold = '\u001b[1mWORK TOGETHER, ONE FILE EACH WAY\u001b[22m';
    assert.equal(wrapLines(bold, 32), bold);
    assert.equal(wrapLines(bold, 31).split('\n').length, 2);
  });

  it('loses no word and exceeds no width that its words fit', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(words, fc.integer({ min: 30, max: 80 }), (list, columns) => {
        const wrapped = wrapLines(list.join(' '), columns);
        assert.deepEqual(wrapped.split(/\s+/), list);
        assert.ok(wrapped.split('\n').every((line) => line.length <= columns));
      }),
    );
  });
});
