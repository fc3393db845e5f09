// Names in commands that a person copies: one word to a shell, whatever is in them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import { shellWord } from '../../../src/lib/base/shell-word.js';

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
