import assert from 'node:assert/strict';

import { type RunningServer, serveWire } from '../../../src/lib/emulator/http/serve.js';
import type { WireResponse } from '../../../src/lib/emulator/http/wire.js';
import { createWorkQueue, parseWorkItem, type WorkQueue } from '../../../src/lib/room/work-queue.js';
import { worldAuthority } from '../../support/room/world.js';

const SAS = 'sv=2022&sp=aup&sig=topsecret';

describe("the room's queue client", () => {
  let server: RunningServer;
  let queue: WorkQueue;
  let answer: WireResponse;
  let asked: { method: string; path: string; query: string }[] = [];

  before(async () => {
    const { root, leaf } = await worldAuthority();
    const tls = { key: leaf.privateKeyPem, cert: leaf.certificatePem };
    server = await serveWire(
      (request) => {
        asked.push({ method: request.method, path: request.path, query: request.query.toString() });
        return Promise.resolve(answer);
      },
      { port: 0, tls },
    );
    queue = createWorkQueue({ url: `${server.url}/account/work`, sas: SAS, tlsRoots: root.certificatePem });
  });
  beforeEach(() => (asked = []));
  after(async () => {
    queue.close();
    await server.close();
  });

  it('takes two forms of message and nothing else', () => {
    assert.deepEqual(parseWorkItem('merge'), { kind: 'merge' });
    assert.deepEqual(parseWorkItem('document 12'), { kind: 'document', index: 12 });
    for (const text of [
      '',
      'document',
      'document -1',
      'document 01',
      'document 1e3',
      'document 1234567',
      'Merge',
      'merge ',
      'document 1\nmerge',
    ])
      assert.equal(parseWorkItem(text), null, JSON.stringify(text));
  });

  it('X3: follows no redirect, and takes no page for a queue', async () => {
    answer = { status: 302, headers: { location: 'https://attacker.example/' } };
    await assert.rejects(queue.receive(1), { code: 'QUEUE_REFUSED' });
    assert.equal(asked.length, 1);
    answer = { status: 200, body: '<html></html>' };
    await assert.rejects(queue.receive(1), { code: 'SERVICE_UNREACHABLE' });
    answer = { status: 200, body: 'x'.repeat(200_000) };
    await assert.rejects(queue.receive(1), { code: 'SERVICE_UNREACHABLE' });
  });

  it('tells a busy service from one that refuses', async () => {
    answer = { status: 503 };
    await assert.rejects(queue.put({ kind: 'merge' }), { code: 'SERVICE_UNREACHABLE' });
    answer = { status: 403 };
    await assert.rejects(queue.put({ kind: 'merge' }), { code: 'QUEUE_REFUSED' });
  });

  it('X7: never puts the SAS into an error', async () => {
    answer = { status: 403, body: `sig=${SAS}` };
    await assert.rejects(
      queue.receive(1),
      (error: Error) => !`${error.stack} ${String(error.cause)}`.includes('topsecret'),
    );
    const nobody = createWorkQueue({ url: 'https://127.0.0.1:1/account/work', sas: SAS, tlsRoots: null });
    await assert.rejects(
      nobody.receive(1),
      (error: Error) => !`${error.stack} ${String(error.cause)}`.includes('topsecret'),
    );
    nobody.close();
  });

  it('lets go of a lease that somebody else has by now', async () => {
    answer = { status: 404 };
    const message = { item: { kind: 'merge' as const }, deliveries: 1, id: 'id', receipt: 'receipt' };
    assert.equal(await queue.prolong(message, 5), null);
    await queue.remove(message);
    assert.deepEqual(
      asked.map(({ method }) => method),
      ['PUT', 'DELETE'],
    );
  });
});
