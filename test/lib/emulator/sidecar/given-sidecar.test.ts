// `npm run peers skr -- --skr FILE`: what is given has to be a program before anything is started.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { askSidecar } from '../../../peers/sidecar/ask-sidecar.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

describe('a sidecar that is given', () => {
  const directory = useTemporaryDirectory();

  it('is refused where it is no file, may not run, or is no program for Linux', async () => {
    const at = (name: string): string => join(directory(), name);
    writeFileSync(at('text'), '\x7fELF', { mode: 0o600 });
    writeFileSync(at('script'), '#!/bin/sh\nexit 0\n', { mode: 0o700 });
    for (const [name, message] of [
      ['nothing', /is no file/],
      ['.', /is no file/],
      ['text', /may not be executed/],
      ['script', /is no program for Linux/],
    ] as const)
      await assert.rejects(askSidecar(at(name)), message);
  });
});
