// What stands under a tag in a registry that fails: unknown, and not nothing.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { registryUrl } from '../../../../src/lib/images/registry/reference.js';
import { RegistryClient } from '../../../../src/lib/images/registry/registry-client.js';

describe('the list of what is attached to an image', () => {
  it('is not begun anew where the registry fails to give it', async () => {
    let status = 500;
    const server = createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = registryUrl(`127.0.0.1:${(server.address() as AddressInfo).port}`);
      const options = { url, repository: 'web', credentials: null, azureToken: null, ca: undefined };
      const client = new RegistryClient(options);
      await assert.rejects(client.tryManifest('sha256-1'), { code: 'REGISTRY_REFUSED' });
      status = 404;
      assert.equal(await client.tryManifest('sha256-1'), null);
    } finally {
      server.close();
    }
  });
});
