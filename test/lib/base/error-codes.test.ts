import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

import { ERROR_CODES } from '../../../src/lib/base/error-codes.js';

describe('the table of error codes', () => {
  it('names each code once, over all its parts', () => {
    const parts = readdirSync('src/lib/base/error-codes').map((name) =>
      readFileSync(`src/lib/base/error-codes/${name}`, 'utf8'),
    );
    const named = parts.flatMap((text) =>
      [...text.matchAll(/^ {2}([A-Z][A-Z0-9_]+): \{/gm)].map(([, code]) => code),
    );
    assert.deepEqual(named, [...new Set(named)]);
    assert.deepEqual([...named].sort(), Object.keys(ERROR_CODES).sort());
  });
});
