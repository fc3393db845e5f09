// The adapter from a wire handler to a socket.

import assert from 'node:assert/strict';

import { serveWire } from '../../../../src/lib/emulator/http/serve.js';
import type { WireRequest } from '../../../../src/lib/emulator/http/wire.js';

describe('serveWire', () => {
  it('hands over method, decoded path, decoded query names, headers and body', async () => {
    let seen: WireRequest | undefined;
    const server = await serveWire(
      (request) => {
        seen = request;
        return Promise.resolve({ status: 201, headers: { etag: '"1"' }, body: 'made' });
      },
      { port: 0, tls: null },
    );
    try {
      const response = await fetch(`${server.url}/keys/a%20b/?api%2Dversion=7.4`, {
        method: 'POST',
        body: 'text',
      });
      assert.equal(response.status, 201);
      assert.equal(response.headers.get('etag'), '"1"');
      assert.equal(await response.text(), 'made');
      assert.equal(seen?.method, 'POST');
      assert.equal(seen.path, '/keys/a b/');
      assert.equal(seen.target, '/keys/a%20b/?api%2Dversion=7.4');
      assert.equal(seen.query.get('api-version'), '7.4');
      assert.equal(seen.origin, server.url);
      assert.equal(Buffer.from(seen.body).toString(), 'text');
    } finally {
      await server.close();
    }
  });

  it('answers 413 to a body beyond the limit', async () => {
    const server = await serveWire(() => Promise.resolve({ status: 200 }), {
      port: 0,
      tls: null,
      maxBodyBytes: 10,
    });
    try {
      const response = await fetch(server.url, { method: 'PUT', body: 'x'.repeat(11) });
      assert.equal(response.status, 413);
    } finally {
      await server.close();
    }
  });

  it('answers a bare 500 where the handler fails, and reports the failure', async () => {
    const failures: unknown[] = [];
    const server = await serveWire(() => Promise.reject(new Error('inside')), {
      port: 0,
      tls: null,
      onFailure: (failure) => failures.push(failure),
    });
    try {
      const response = await fetch(server.url);
      assert.equal(response.status, 500);
      assert.doesNotMatch(await response.text(), /inside/);
      assert.equal(failures.length, 1);
    } finally {
      await server.close();
    }
  });

  it('says that a port is taken', async () => {
    const first = await serveWire(() => Promise.resolve({ status: 200 }), { port: 0, tls: null });
    try {
      await assert.rejects(
        serveWire(() => Promise.resolve({ status: 200 }), { port: first.port, tls: null }),
        {
          code: 'EMULATOR_PORT_TAKEN',
        },
      );
    } finally {
      await first.close();
    }
  });
});
