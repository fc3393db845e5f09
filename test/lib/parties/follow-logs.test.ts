import assert from 'node:assert/strict';

import { newPart } from '../../../src/lib/parties/follow-logs.js';

describe('a log that is followed', () => {
  for (const [what, seen, content, expected] of [
    ['gives what was added', 'one\n', 'one\ntwo\n', 'two\n'],
    ['gives all of it at first', '', 'one\n', 'one\n'],
    ['finds its place where the beginning was dropped', 'one\ntwo\n', 'two\nthree\n', 'three\n'],
    ['finds its place where only the end had been shown', 'two\n', 'one\ntwo\nthree\n', 'three\n'],
    ['gives nothing where nothing was added', 'one\n', 'one\n', ''],
  ] as const) {
    it(what, () => assert.equal(newPart(seen, content), expected));
  }
});
