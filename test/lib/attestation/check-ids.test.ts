// The list of checks that people read is the list that the program has: one table, each with its claim, its advice and a test.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CHECKS, isCheckId } from '../../../src/lib/attestation/check-ids.js';
import { CHECKS_BEFORE } from '../../../src/lib/parties/before/statements.js';
import { remedyOf } from '../../../src/lib/evidence/check-remedies.js';

/* Listed in every verdict as not checked, so there is nothing to see fail. */
const NEVER_MADE = ['UVM_TIMESTAMP'];
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

  it('each have a test that names them, but for what is never made', () => {
    const self = 'test/lib/attestation/check-ids.test.ts';
    const tests = [...sources('test')].filter((path) => path !== self && !path.includes('surface'));
    const text = tests.map((path) => readFileSync(path, 'utf8')).join('\n');
    const names = new Set(
      text.match(
        /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|'(?:DEBUG|VMPL|HWID|CRL|CHAIN|NONCE|PRODUCT|MEASUREMENT|MITIGATIONS)'/g,
      ),
    );
    const unnamed = Object.keys(CHECKS).filter((id) => !names.has(id) && !names.has(`'${id}'`));
    assert.deepEqual(
      unnamed
        .filter(
          (id) => !['DEBUG', 'VMPL', 'HWID', 'CRL', 'CHAIN', 'NONCE', 'PRODUCT', 'MEASUREMENT'].includes(id),
        )
        .sort(),
      NEVER_MADE,
    );
  });
});
