// The npm client as a program: what it answers, and what is said where it ends without a word.

import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { runNpm } from '../../../../src/lib/images/base/npm-tarball.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

describe('the npm client', () => {
  const directory = useTemporaryDirectory();
  const path = process.env['PATH'] ?? '';
  const npmIs = (script: string): void => {
    writeFileSync(join(directory(), 'npm'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(directory(), 'npm'), 0o700);
    process.env['PATH'] = `${directory()}${delimiter}${path}`;
  };
  afterEach(() => {
    process.env['PATH'] = path;
  });

  it('answers with what it prints', async () => {
    npmIs('echo "$1 of $2"');
    assert.equal(await runNpm(['pack', 'a@1']), 'pack of a@1\n');
  });

  it('is quoted by its first line where it fails, and by its exit code where it says nothing', async () => {
    for (const [script, why] of [
      ['echo "no such package" >&2; echo more >&2; exit 1', 'no such package'],
      ['exit 7', 'it ended with 7'],
    ] as const) {
      npmIs(script);
      await assert.rejects(runNpm(['pack', 'a@1', '--silent']), {
        code: 'IMAGE_BASE_UNREACHABLE',
        message: `npm pack a@1 failed: ${why}`,
      });
    }
  });
});
