// What was there before a question comes back where the answer is no.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { rememberFiles } from '../../../../src/lib/base/files/put-back.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

describe('files that are put back', () => {
  const directory = useTemporaryDirectory();
  const at = (name: string): string => join(directory(), name);

  it('are as they were, and what is new is gone', async () => {
    writeFileSync(at('contract.yaml'), 'agreed before');
    const putBack = await rememberFiles([at('contract.yaml'), at('policy.rego')]);
    writeFileSync(at('contract.yaml'), 'proposed');
    writeFileSync(at('policy.rego'), 'proposed');
    await putBack();
    assert.equal(readFileSync(at('contract.yaml'), 'utf8'), 'agreed before');
    assert.equal(existsSync(at('policy.rego')), false);
  });
});
