import assert from 'node:assert/strict';

import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { serveWire } from '../../../src/lib/emulator/http/serve.js';
import type { WireResponse } from '../../../src/lib/emulator/http/wire.js';
import { issueCertificate, type KeyedCertificate } from '../../../src/lib/emulator/tls/certificates.js';
import { type BlobClient, createBlobClient } from '../../../src/lib/room/blob-client.js';
import { requestProblems, type SentRequest } from '../../support/published/check-request.js';
import { type RoomStorage, startRoomStorage } from '../../support/room/storage.js';
import { collect } from '../../support/sealed.js';

function certificate(hosts: readonly string[]): Promise<KeyedCertificate> {
  const notBefore = new Date(Date.now() - 60_000);
  return issueCertificate({
    commonName: hosts[0]!,
    notBefore,
    years: 1,
    issuer: null,
    profile: { kind: 'server', hosts },
  });
}

const CONTAINER = {
  blob: { account: '', container: 'texts', name: '' },
  scope: 'container',
  permissions: 'rcw',
} as const;

describe("the room's blob client", () => {
  let service: RoomStorage;
  let client: BlobClient;
  let pem: string;
  const at = (name: string, sas = service.sas(CONTAINER)): { url: string; sas: string } => ({
    url: `${service.url}/texts/${name}`,
    sas,
  });

  before(async () => {
    const { privateKeyPem: key, certificatePem: cert } = await certificate(['127.0.0.1']);
    pem = cert;
    service = await startRoomStorage({ key, cert });
    await service.createContainer('texts');
    client = createBlobClient({ tlsRoots: pem, timeoutMs: 2000 });
  });
  beforeEach(async () => {
    service.intercept = null;
    await service.put('/texts/a', utf8('hello'));
  });
  after(async () => {
    client.close();
    await service.close();
  });

  it('reads a blob whole and in ranges, and finds none where there is none', async () => {
    const blob = await client.read(at('a'), 10);
    assert.equal(Buffer.from(blob!.bytes).toString(), 'hello');
    assert.equal(Buffer.from(await client.readRange(at('a'), blob!, 1, 4)).toString(), 'ell');
    assert.equal(Buffer.from(await collect(client.stream(at('a'), blob!, 3))).toString(), 'lo');
    assert.equal(await client.read(at('missing'), 10), null);
    assert.equal(await client.find(at('missing')), null);
  });

  it('sends what the published specification of the blob service names, and nothing else', async () => {
    const sent: SentRequest[] = [];
    service.intercept = ({ method, path, query, headers }): WireResponse | null => {
      sent.push({
        ...{ service: 'blob-storage', method, path, headers, body: null },
        query: Object.fromEntries(query),
      });
      return null;
    };
    const blob = await client.read(at('a'), 10);
    await client.find(at('a'));
    await client.readRange(at('a'), blob!, 1, 4);
    await collect(client.stream(at('a'), blob!, 3));
    await client.write(at('a'), utf8('x'), { ifMatch: blob!.etag });
    await client.create(at('new'), utf8('x'));
    assert.ok(sent.length >= 6);
    assert.deepEqual(
      sent.flatMap((request) => requestProblems(request, {})),
      [],
    );
  });

  it('writes only under its condition', async () => {
    assert.equal(await client.write(at('a'), utf8('x'), { ifNoneMatch: '*' }), null);
    const version = await client.find(at('a'));
    assert.notEqual(await client.write(at('a'), utf8('x'), { ifMatch: version!.etag }), null);
    assert.equal(await client.write(at('a'), utf8('y'), { ifMatch: version!.etag }), null);
    assert.equal(await service.text('/texts/a'), 'x');
  });

  it('takes a create-only write whose 201 was lost for done, where what is read back are the same bytes', async () => {
    // What a SAS that may create and not write is told once there is a blob.
    const overwrite = { status: 403, headers: { 'x-ms-error-code': 'UnauthorizedBlobOverwrite' } };
    service.intercept = ({ method }): WireResponse | null => (method === 'PUT' ? overwrite : null);
    assert.equal(await client.create(at('a'), utf8('hello')), 'as-given');
    assert.equal(await client.create(at('a'), utf8('other')), 'of-somebody-else');
    assert.equal(await client.create(at('a'), utf8('longer than it')), 'of-somebody-else');
    await assert.rejects(client.create(at('missing'), utf8('x')), { code: 'BLOB_CHANGED' });
    const denied = { status: 403, headers: { 'x-ms-error-code': 'AuthorizationPermissionMismatch' } };
    service.intercept = ({ method }): WireResponse | null => (method === 'PUT' ? denied : null);
    await assert.rejects(client.create(at('a'), utf8('hello')), { code: 'BLOB_REFUSED' });
  });

  it('X1: refuses a blob that was replaced since it was found', async () => {
    const version = await client.find(at('a'));
    await service.put('/texts/a', utf8('other'));
    await assert.rejects(collect(client.stream(at('a'), version!, 0)), { code: 'BLOB_CHANGED' });
  });

  it('takes no more bytes than it was told, whatever the server says or sends', async () => {
    await assert.rejects(client.read(at('a'), 4), { code: 'BLOB_TOO_LARGE' });
    const version = await client.find(at('a'));
    const lies: WireResponse[] = [
      { status: 206, headers: { etag: version!.etag }, body: 'hello and much more' },
      { status: 206, headers: { etag: version!.etag }, body: 'hel' },
      { status: 200, headers: {}, body: 'hello' },
    ];
    for (const lie of lies) {
      service.intercept = ({ method }) => (method === 'GET' ? lie : null);
      await assert.rejects(
        collect(client.stream(at('a'), version!, 0)),
        /was replaced|not one of Azure Storage/,
      );
    }
  });

  it('X3: follows no redirect, and trusts no other certificate than the contract names', async () => {
    service.intercept = () => ({ status: 302, headers: { location: `${at('a').url}?${at('a').sas}` } });
    await assert.rejects(client.read(at('a'), 10), { code: 'BLOB_REFUSED' });
    const foreign = createBlobClient({ tlsRoots: (await certificate(['127.0.0.1'])).certificatePem });
    await assert.rejects(foreign.read(at('a'), 10), { code: 'SERVICE_UNREACHABLE' });
    const builtIn = createBlobClient({ tlsRoots: null });
    await assert.rejects(builtIn.read(at('a'), 10), { code: 'SERVICE_UNREACHABLE' });
    foreign.close();
    builtIn.close();
  });

  it('X7: never puts a SAS into an error, nor into its cause', async () => {
    const secret = 'sv=2022&sig=verysecretsignature';
    const failures = [
      client.read(at('a', secret), 10),
      client.read({ url: 'https://127.0.0.1:1/texts/a', sas: secret }, 10),
    ];
    for (const failure of failures) {
      const error: unknown = await failure.then(
        () => null,
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof Error);
      assert.doesNotMatch(
        `${error.message} ${error.stack ?? ''} ${JSON.stringify(error.cause ?? '')}`,
        /verysecret/,
      );
    }
  });

  it('gives up on a server that does not answer', async () => {
    const slow = createBlobClient({ tlsRoots: pem, timeoutMs: 100 });
    const stuck = await serveWire(() => new Promise(() => undefined), { port: 0, tls: null });
    await assert.rejects(slow.read({ url: stuck.url.replace('http:', 'https:'), sas: at('a').sas }, 10), {
      code: 'SERVICE_UNREACHABLE',
    });
    slow.close();
    await stuck.close();
  });
});
