// Azure Container Registry's login: the Entra token, exchanged for the registry's refresh token, exchanged for an access token.

import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import dns from 'node:dns';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { RegistryClient } from '../../../../src/lib/images/registry/registry-client.js';
import { makeVaultCertificates } from '../../../support/vault-certificates.js';

const MANIFEST = Buffer.from('{"schemaVersion":2}');
const DIGEST = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`;
const HOST = 'contoso.azurecr.io';

describe('Azure Container Registry', () => {
  const certificates = makeVaultCertificates({ names: [HOST, 'contoso.azurecr.io.evil.example'] });
  const lookup = dns.lookup;
  const seen: string[] = [];
  let server: Server;
  let port = 0;

  before(async () => {
    const cert = certificates.chain.map((der) => new X509Certificate(Buffer.from(der, 'base64')).toString());
    server = createServer({
      cert: cert.join(''),
      key: certificates.key.export({ type: 'pkcs8', format: 'pem' }),
    });
    server.on('request', (request, response) => {
      void text(request).then((body) => {
        const form = new URLSearchParams(body);
        seen.push(`${request.url ?? ''} ${[...form.keys()].join()}`);
        if (request.url === '/oauth2/exchange') {
          const known =
            form.get('access_token') === 'entra-token' && form.get('grant_type') === 'access_token';
          response.writeHead(known ? 200 : 401).end(known ? '{"refresh_token":"refresh"}' : '{}');
        } else if (request.url === '/oauth2/token') {
          const known =
            form.get('refresh_token') === 'refresh' && form.get('scope') === 'repository:app:pull';
          response.writeHead(known ? 200 : 401).end(known ? '{"access_token":"access"}' : '{}');
        } else if (request.headers.authorization === 'Bearer access') response.end(MANIFEST);
        else {
          const realm = `https://${request.headers.host ?? ''}/oauth2/token`;
          const challenge = `Bearer realm="${realm}",service="${HOST}",scope="repository:app:pull"`;
          response.writeHead(401, { 'www-authenticate': challenge }).end();
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
    /* Every name is this machine. */
    dns.lookup = ((_name: string, _options: unknown, done: (...answer: unknown[]) => void) => {
      done(null, [{ address: '127.0.0.1', family: 4 }]);
    }) as unknown as typeof dns.lookup;
  });
  beforeEach(() => seen.splice(0));
  after(() => {
    dns.lookup = lookup;
    server.close();
    server.closeAllConnections();
  });

  const clientOf = (host: string, azureToken: () => Promise<string>): RegistryClient =>
    new RegistryClient({
      url: new URL(`https://${host}:${port}`),
      repository: 'app',
      credentials: null,
      azureToken,
      ca: [certificates.root],
    });

  it("lets the profile's Azure login in", async () => {
    const { bytes } = await clientOf(HOST, () => Promise.resolve('entra-token')).fetchManifest(DIGEST);
    assert.equal(Buffer.compare(bytes, MANIFEST), 0);
    assert.deepEqual(seen.slice(1, 3), [
      '/oauth2/exchange grant_type,service,access_token',
      '/oauth2/token grant_type,service,scope,client_id,refresh_token',
    ]);
  });

  it('says so where the login is not let in', async () => {
    const client = clientOf(HOST, () => Promise.resolve('another-token'));
    await assert.rejects(client.fetchManifest(DIGEST), { code: 'REGISTRY_DENIED' });
  });

  it('X3: gives no Azure token to a look-alike', async () => {
    const client = clientOf('contoso.azurecr.io.evil.example', () =>
      Promise.reject(new Error('a look-alike was given a token')),
    );
    await assert.rejects(client.fetchManifest(DIGEST), { code: 'REGISTRY_DENIED' });
    assert.ok(seen.every((line) => !line.includes('access_token')));
  });
});
