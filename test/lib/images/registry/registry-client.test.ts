// The registry client against registries that lie, redirect and ask for tokens.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { sha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { RegistryCredentials } from '../../../../src/lib/images/registry/registry-credentials.js';
import { parseImageReference, registryUrl } from '../../../../src/lib/images/registry/reference.js';
import { RegistryClient } from '../../../../src/lib/images/registry/registry-client.js';
import { parseChallenge } from '../../../../src/lib/images/registry/registry-token.js';

const MANIFEST = Buffer.from('{"schemaVersion":2}');
const DIGEST = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

describe('registry client', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  async function serve(handler: Handler): Promise<string> {
    const server = createServer(handler);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function clientOf(url: string, credentials: RegistryCredentials | null = null): RegistryClient {
    return new RegistryClient({
      url: new URL(url),
      repository: 'app',
      credentials,
      azureToken: () => Promise.reject(new Error('asked for an Azure token for a foreign registry')),
      ca: undefined,
    });
  }

  async function readAll(blob: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of blob) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  it('I12: refuses a manifest whose bytes do not have the digest that was asked for', async () => {
    const url = await serve((_, response) => response.end('{"schemaVersion":2,"evil":1}'));
    await assert.rejects(clientOf(url).fetchManifest(DIGEST), { code: 'IMAGE_DIGEST_MISMATCH' });
  });

  it('I12: refuses a blob with other bytes, and one that never ends', async () => {
    const url = await serve((request, response) => {
      if (request.url?.includes('blobs') === true) response.end('other');
    });
    const wrong = clientOf(url).openBlob({ digest: DIGEST, size: 5 });
    await assert.rejects(readAll(wrong), { code: 'IMAGE_DIGEST_MISMATCH' });
    const long = clientOf(url).openBlob({ digest: DIGEST, size: 2 });
    await assert.rejects(readAll(long), { code: 'IMAGE_DIGEST_MISMATCH' });
  });

  it('refuses a manifest larger than any document', async () => {
    const url = await serve((_, response) => response.end(Buffer.alloc(5 << 20, 32)));
    await assert.rejects(clientOf(url).fetchManifest('v1'), { code: 'REGISTRY_REFUSED' });
  });

  it('gets a token with its password, for the scope it needs, and uses it', async () => {
    const seen: string[] = [];
    const url: string = await serve((request, response) => {
      seen.push(`${request.url ?? ''} ${request.headers.authorization ?? '-'}`);
      if (request.url?.startsWith('/token') === true) response.end('{"token":"T"}');
      else if (request.headers.authorization === 'Bearer T') response.end(MANIFEST);
      else {
        const challenge = `Bearer realm="${url}/token",service="reg",scope="ignored"`;
        response.writeHead(401, { 'www-authenticate': challenge }).end();
      }
    });
    const credentials = new RegistryCredentials('password', 'user', 'secret');
    assert.equal((await clientOf(url, credentials).fetchManifest(DIGEST)).bytes.length, MANIFEST.length);
    assert.equal(
      seen[1],
      `/token?service=reg&scope=repository%3Aapp%3Apull Basic ${Buffer.from('user:secret').toString('base64')}`,
    );
    assert.ok(!JSON.stringify(credentials).includes('secret":'));
  });

  it('X3: sends its credentials to no other host when it is redirected', async () => {
    let leaked: string | undefined;
    const storage = await serve((request, response) => {
      leaked = request.headers.authorization;
      response.end(MANIFEST);
    });
    const url = await serve((request, response) => {
      if (request.headers.authorization === undefined)
        response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
      else response.writeHead(307, { location: `${storage.replace('127.0.0.1', 'localhost')}/blob` }).end();
    });
    const blob = clientOf(url, new RegistryCredentials('password', 'u', 'p')).openBlob({
      digest: DIGEST,
      size: MANIFEST.length,
    });
    assert.ok((await readAll(blob)).equals(MANIFEST));
    assert.equal(leaked, undefined);
  });

  it('X3: follows no redirect to plain http elsewhere, and none without end', async () => {
    const outward = await serve((_, response) =>
      response.writeHead(302, { location: 'http://registry.example/blob' }).end(),
    );
    await assert.rejects(clientOf(outward).fetchManifest(DIGEST), { code: 'REGISTRY_INSECURE' });
    const circle = await serve((_, response) => response.writeHead(302, { location: '/again' }).end());
    await assert.rejects(clientOf(circle).fetchManifest(DIGEST), { code: 'REGISTRY_INSECURE' });
  });

  it('X3: speaks plain http to this machine only', async () => {
    assert.equal(registryUrl('127.0.0.1:5000').protocol, 'http:');
    assert.equal(registryUrl('127.0.0.1.example.com').protocol, 'https:');
    const client = new RegistryClient({
      url: new URL('http://registry.example'),
      repository: 'app',
      credentials: null,
      azureToken: null,
      ca: undefined,
    });
    await assert.rejects(client.fetchManifest('v1'), { code: 'REGISTRY_INSECURE' });
  });

  it('X3: uploads nothing to another host', async () => {
    const url = await serve((request, response) => {
      if (request.method === 'HEAD') response.writeHead(404).end();
      else response.writeHead(202, { location: 'http://127.0.0.1:1/upload' }).end();
    });
    const blob = { digest: sha256Hex('x'), size: 1, open: readNothing };
    await assert.rejects(clientOf(url).pushBlob(blob), {
      code: 'REGISTRY_INSECURE',
    });
  });

  it('says that access is denied, not that it failed', async () => {
    const url = await serve((_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end(),
    );
    await assert.rejects(clientOf(url).fetchManifest('v1'), { code: 'REGISTRY_DENIED' });
  });

  it('reads challenges', () => {
    const challenge = parseChallenge('Bearer realm="https://auth.example/token",service="s"');
    assert.equal(challenge?.parameters.get('realm'), 'https://auth.example/token');
    assert.equal(parseChallenge('Negotiate'), null);
  });

  it('reads references as docker does', () => {
    assert.deepEqual(parseImageReference('node'), {
      registry: 'docker.io',
      repository: 'library/node',
      tag: 'latest',
      digest: null,
    });
    assert.deepEqual(parseImageReference(`host:5000/a/b:v1@${DIGEST}`), {
      registry: 'host:5000',
      repository: 'a/b',
      tag: 'v1',
      digest: DIGEST,
    });
    for (const text of ['', 'A/b', 'host/../b', 'a@sha256:1', 'x:bad tag', 'host/a//b'])
      assert.throws(() => parseImageReference(text), { code: 'USAGE' });
  });
});

async function* readNothing(): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield new Uint8Array(1);
}
