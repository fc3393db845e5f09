import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { requireText, scriptWarning } from '../../../src/lib/parties/agree/require-text.js';
import { exampleContract } from '../../support/contract.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const CYRILLIC = 'Город решил построить новый мост через реку. Работы начнутся в мае.';

describe('the scripts of a text that an owner is about to seal', () => {
  const root = useTemporaryDirectory();
  const write = (name: string, text: string): string => {
    writeFileSync(join(root(), name), text);
    return join(root(), name);
  };

  it('are told of a file and of a directory, whose names are not the text', async () => {
    mkdirSync(join(root(), 'directory-of-many-latin-letters'));
    write('directory-of-many-latin-letters/a-long-name-in-latin-letters.txt', CYRILLIC);
    assert.deepEqual(await requireText(join(root(), 'directory-of-many-latin-letters'), 'text'), [
      'Cyrillic',
    ]);
    assert.deepEqual(await requireText(write('a.txt', CYRILLIC), 'text'), ['Cyrillic']);
    assert.deepEqual(await requireText(write('b.txt', 'The city builds a bridge.'), 'text'), ['Latin']);
  });

  it('are told of a text that is cut within a character, and of none that is a pipe or a model', async () => {
    assert.deepEqual(await requireText(write('long.txt', `x${CYRILLIC.repeat(2000)}`), 'text'), ['Cyrillic']);
    assert.equal(await requireText('-', 'text'), null);
    assert.equal(await requireText(write('config.json', '{}'), 'bytes'), null);
  });

  it('are a warning where nothing may leave in any of them, and none where something may', () => {
    const contract = exampleContract();
    assert.match(
      scriptWarning(['Cyrillic'], contract) ?? '',
      /in Cyrillic.*in Latin only.*--script Cyrillic/,
    );
    assert.equal(scriptWarning(['Latin', 'Cyrillic'], contract), null);
    assert.equal(scriptWarning(null, contract), null);
    const { summary } = contract;
    const wide = {
      ...contract,
      summary: { ...summary, limits: { ...summary.limits, scripts: ['Cyrillic' as const] } },
    };
    assert.equal(scriptWarning(['Cyrillic'], wide), null);
  });
});
