// The list of checks that people read is the list that the program has.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { CHECKS } from '../../../src/lib/attestation/check-ids.js';

describe('checks', () => {
  it('are documented, each with its claim', () => {
    const text = readFileSync('docs/security/what-verify-checks.md', 'utf8');
    for (const [id, { claim }] of Object.entries(CHECKS))
      assert.ok(text.includes(`| \`${id}\` | ${claim} |`), id);
  });
});
