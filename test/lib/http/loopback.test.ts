// The name localhost is this host's, whatever a resolver says or does not say.

import assert from 'node:assert/strict';
import dns from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exchange } from '../../../src/lib/http/exchange.js';

describe('the name localhost', () => {
  const { lookup } = dns;
  afterEach(() => {
    dns.lookup = lookup;
  });

  for (const host of ['127.0.0.1', '::1'])
    it(`reaches ${host} where the resolver knows nothing`, async function () {
      const server = createServer((_, response) => response.end('here'));
      const listens = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false)).listen(0, host, () => resolve(true));
      });
      if (!listens) return this.skip();
      dns.lookup = ((...args: unknown[]) => {
        const callback = args.at(-1) as (error: Error) => void;
        callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
      }) as unknown as typeof dns.lookup;
      try {
        const { port } = server.address() as AddressInfo;
        const url = `http://localhost:${port}/`;
        const { body } = await exchange({ method: 'GET', url, timeoutMs: 5000, maxBytes: 10 });
        assert.equal(Buffer.from(body).toString(), 'here');
      } finally {
        server.close();
      }
    });
});
