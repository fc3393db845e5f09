import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { requireText, scriptWarning } from '../../../src/lib/parties/agree/require-text.js';
import type { ContentKind } from '../../../src/lib/parties/plaintext-source.js';
import { exampleContract } from '../../support/contract.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const CYRILLIC = 'Город решил построить новый мост через реку. Работы начнутся в мае.';

describe('the scripts of a text that an owner is about to seal', () => {
  const root = useTemporaryDirectory();
  const write = (name: string, text: string): string => {
    writeFileSync(join(root(), name), text);
    return join(root(), name);
  };

  const { signal } = new AbortController();
  const read = (path: string, kind: ContentKind = 'text'): Promise<readonly string[] | null> =>
    requireText(path, kind, signal);

  it('are told of a file and of a directory, whose names are not the text', async () => {
    mkdirSync(join(root(), 'directory-of-many-latin-letters'));
    write('directory-of-many-latin-letters/a-long-name-in-latin-letters.txt', CYRILLIC);
    assert.deepEqual(await read(join(root(), 'directory-of-many-latin-letters')), ['Cyrillic']);
    assert.deepEqual(await read(write('a.txt', CYRILLIC)), ['Cyrillic']);
    assert.deepEqual(await read(write('b.txt', 'The city builds a bridge.')), ['Latin']);
  });

  it('are told of a text that is cut within a character, and of none that is a pipe or a model', async () => {
    assert.deepEqual(await read(write('long.txt', `x${CYRILLIC.repeat(2000)}`)), ['Cyrillic']);
    assert.equal(await read('-'), null);
    assert.equal(await read(write('config.json', '{}'), 'bytes'), null);
  });

  it('are not told of a text that has more characters than a room takes, which is refused before it is signed for', async () => {
    const path = write('large.txt', 'The city builds. '.repeat(2_000_000));
    await assert.rejects(read(path), { code: 'TEXT_TOO_LARGE' });
  });

  it('are not told once the reading is interrupted', async () => {
    const interrupted = AbortSignal.abort(new Error('interrupted'));
    await assert.rejects(requireText(write('c.txt', CYRILLIC), 'text', interrupted), /interrupted/);
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
