// The list of checks that people read is the list that the program has: one table, each with its claim and its advice; in which case each fails, each-check-fails.test.ts says.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CHECKS, isCheckId } from '../../../src/lib/attestation/check-ids.js';
import { CHECKS_BEFORE } from '../../../src/lib/parties/before/statements.js';
import { remedyOf } from '../../../src/lib/evidence/check-remedies.js';

/* What doctor looks at is no check of a verdict. */
const NO_VERDICT = /^src\/lib\/parties\/doctor\//;

const sources = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));

describe('checks', () => {
  it('stand in one table, whichever part of the program makes them', () => {
    const made = /\b(?:checks|log)\.(?:pass|fail|skip|record)\(\s*'([A-Z][A-Z0-9_]+)'/g;
    const strays = sources('src')
      .filter((path) => !NO_VERDICT.test(path))
      .flatMap((path) => [...readFileSync(path, 'utf8').matchAll(made)].map(([, id = '']) => id))
      .filter((id) => !isCheckId(id));
    const before = Object.keys(CHECKS_BEFORE).filter((id) => !isCheckId(id));
    assert.deepEqual([...strays, ...before], []);
  });

  it('each say what to do where they fail', () => {
    for (const id of Object.keys(CHECKS)) assert.ok(isCheckId(id) && remedyOf(id).length > 20, id);
  });
});
