#!/usr/bin/env -S node --import tsx
// The command line from its TypeScript sources: nothing has to be built first.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { execute, settings } from '@oclif/core';

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
settings.enableAutoTranspile = false;

await execute({
  dir: import.meta.url,
  loadOptions: {
    root,
    pjson: { ...pjson, oclif: { ...pjson.oclif, commands: './src/commands' } },
    ignoreManifest: true,
  },
});
