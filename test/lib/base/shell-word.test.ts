// Names in commands that a person copies: one word to a shell, whatever is in them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import { shellWord, splitWords } from '../../../src/lib/base/shell-word.js';

describe('words that a person types', () => {
  it('are those that a shell would find, with commas as spaces', () => {
    const typed = String.raw`'fabrikam card.cleanroom' a.cleanroom, b\ c "it's \"d\""  x'y z'`;
    assert.deepEqual(splitWords(typed), [
      'fabrikam card.cleanroom',
      'a.cleanroom',
      'b c',
      'it\'s "d"',
      'xy z',
    ]);
    assert.deepEqual(splitWords(' , '), []);
    assert.deepEqual(splitWords("it's"), ["it's"]);
  });

  it('come back from what they are quoted as', () => {
    for (const word of ['Mein Angebot.cleanroom', 'it\'s; $(id) `x` \\ "y"', '*'])
      assert.deepEqual(splitWords(`a ${shellWord(word)} b`), ['a', word, 'b']);
  });
});

describe('a word of a command line', () => {
  it('stays as it is where a shell takes it as one', () => {
    for (const word of ['notes.txt', '../contoso/quarterly-notes.cleanroom', 'Notizen-für-März.txt'])
      assert.equal(shellWord(word), word);
  });

  it('is quoted so that a shell gives it back', () => {
    for (const word of ['Mein Angebot.cleanroom', 'it\'s; $(id) `x` \\ "y"', '', '*', '~/notes'])
      assert.equal(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' }), word);
  });
});
