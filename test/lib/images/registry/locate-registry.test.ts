// How a registry on this machine is spoken to, with servers of both kinds on loopback.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';

import { locateRegistry } from '../../../../src/lib/images/registry/locate-registry.js';
import { makeVaultCertificates } from '../../../support/vault-certificates.js';

describe('a registry on this machine', () => {
  const { root, chain, key } = makeVaultCertificates({ names: ['localhost'] });
  const pem = chain.map((der) => `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`).join('');
  const servers: Server[] = [];
  const listen = async (server: Server): Promise<number> => {
    servers.push(server);
    await new Promise<void>((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        resolve();
      }),
    );
    return (server.address() as AddressInfo).port;
  };
  after(() => {
    for (const server of servers) server.close();
  });

  it('is spoken to over TLS where it has a certificate that is trusted', async () => {
    const port = await listen(
      createTlsServer({ cert: pem, key: key.export({ type: 'pkcs8', format: 'pem' }) }),
    );
    const url = await locateRegistry(`localhost:${port}`, [root]);
    assert.equal(url.href, `https://localhost:${port}/`);
  });

  it('I12: is refused, and not spoken to in plain http, where its certificate is not trusted', async () => {
    const port = await listen(
      createTlsServer({ cert: pem, key: key.export({ type: 'pkcs8', format: 'pem' }) }),
    );
    await assert.rejects(locateRegistry(`localhost:${port}`, undefined), { code: 'REGISTRY_INSECURE' });
  });

  it('is spoken to in plain http where it has no TLS', async () => {
    const port = await listen(createServer((_, response) => response.end()));
    assert.equal((await locateRegistry(`127.0.0.1:${port}`, undefined)).protocol, 'http:');
  });

  it('never applies to another machine, which has TLS always', async () => {
    assert.equal((await locateRegistry('registry.example', undefined)).href, 'https://registry.example/');
  });
});
