// Whose contract key signs for a dataset.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { openOwnerKey } from '../../../src/lib/parties/contract-key.js';
import type { Services } from '../../../src/lib/ports/services.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

describe('the key that signs for a dataset', () => {
  const directory = useTemporaryDirectory();
  const services = {} as Services;

  it('is its owner’s, whatever the profile is called after', async () => {
    const { privateKey, publicKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
    mkdirSync(join(directory(), 'keys'));
    writeFileSync(
      join(directory(), 'keys', 'fabrikam.contract.jwk'),
      JSON.stringify(privateKey.export({ format: 'jwk' })),
      { mode: 0o600 },
    );
    const environment = { directory: directory(), profile: { party: 'elsewhere' }, services };
    const signer = await openOwnerKey(environment, { owner: 'fabrikam' }, undefined);
    const { x, y } = publicKey.export({ format: 'jwk' });
    assert.deepEqual([signer.publicKey.x, signer.publicKey.y], [x, y]);
  });

  it('is not there where the directory is another party’s', async () => {
    const environment = { directory: directory(), services };
    await assert.rejects(openOwnerKey(environment, { owner: 'northwind' }, undefined), {
      code: 'FILE_NOT_FOUND',
    });
  });
});
