// What an HTTP exchange promises to all who make one: bounds in bytes and time, no redirect unless asked for, no secret told.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exchange, type HttpFailure, openExchange, readBody } from '../../../src/lib/http/exchange.js';
import { openFollowing } from '../../../src/lib/http/redirects.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(handler: Handler): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(handler);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const ROUTES: Readonly<Record<string, Handler>> = {
  '/long': (_, response) => void response.end('x'.repeat(2000)),
  '/silent': () => undefined,
  '/half': (_, response) => void response.writeHead(200, { 'content-length': '10' }).write('half'),
  '/away': (_, response) => void response.writeHead(302, { location: '/long' }).end(),
  '/circle': (_, response) => void response.writeHead(302, { location: '/circle' }).end(),
  '/nowhere': (_, response) => void response.writeHead(302, { location: 'http://[' }).end(),
};

describe('an HTTP exchange', () => {
  let home: { readonly url: string; readonly server: Server };
  let abroad: { readonly url: string; readonly server: Server };
  const seen: { readonly path: string; readonly login: string | undefined }[] = [];

  before(async () => {
    abroad = await listen(({ url = '', headers }, response) => {
      seen.push({ path: url, login: headers.authorization });
      response.end('abroad');
    });
    home = await listen((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://home');
      seen.push({ path: pathname, login: request.headers.authorization });
      if (pathname === '/abroad') response.writeHead(307, { location: `${abroad.url}/there` }).end();
      else if (pathname === '/echo') request.pipe(response);
      else ROUTES[pathname]?.(request, response);
    });
  });
  after(() => {
    for (const { server } of [home, abroad]) {
      server.closeAllConnections();
      server.close();
    }
  });

  const get = (path: string, options: { maxBytes?: number; timeoutMs?: number; signal?: AbortSignal } = {}) =>
    exchange({ method: 'GET', url: `${home.url}${path}`, timeoutMs: 5000, maxBytes: 5000, ...options });
  const kindOf = async (work: Promise<unknown>): Promise<string> => {
    try {
      await work;
    } catch (cause) {
      assert.doesNotMatch((cause as Error).message, /secret|127\.0\.0\.1/);
      return (cause as HttpFailure).kind;
    }
    return 'answered';
  };

  it('reads no more than it was told to', async () => {
    assert.equal((await get('/long', { maxBytes: 2000 })).body.length, 2000);
    assert.equal(await kindOf(get('/long?sig=secret', { maxBytes: 1999 })), 'too-long');
    const open = { method: 'GET', url: `${home.url}/long`, idleTimeoutMs: 5000 } as const;
    assert.equal(await kindOf(openExchange(open).then((answer) => readBody(answer, 1999))), 'too-long');
  });

  it('waits no longer than it was told to, for the head and for the rest', async () => {
    assert.equal(await kindOf(get('/silent?sig=secret', { timeoutMs: 50 })), 'silent');
    assert.equal(await kindOf(get('/half', { timeoutMs: 50 })), 'silent');
    const open = { method: 'GET', url: `${home.url}/silent`, idleTimeoutMs: 50 } as const;
    assert.equal(await kindOf(openExchange(open)), 'silent');
    const half = { ...open, url: `${home.url}/half` };
    assert.notEqual(await kindOf(openExchange(half).then((answer) => readBody(answer, 100))), 'answered');
  });

  it('ends with the reason of whoever ends it', async () => {
    const abort = new AbortController();
    const reason = new Error('interrupted');
    setTimeout(() => abort.abort(reason), 20);
    await assert.rejects(get('/silent', { signal: abort.signal }), reason);
  });

  it('sends a body whole, from memory or as a stream, and reads the answer to it', async () => {
    const bytes = Buffer.from('text of Fabrikam');
    async function* stream() {
      await Promise.resolve();
      yield bytes.subarray(0, 4);
      yield bytes.subarray(4);
    }
    for (const body of [bytes, bytes.toString(), { size: bytes.length, bytes: stream() }]) {
      const request = { method: 'PUT', url: `${home.url}/echo`, body } as const;
      const answer = await exchange({ ...request, timeoutMs: 5000, maxBytes: 100 });
      assert.equal(Buffer.from(answer.body).toString(), 'text of Fabrikam');
    }
  });

  it('follows no redirect', async () => {
    assert.equal((await get('/away')).status, 302);
  });

  it('says why a service cannot be reached, without its address', async () => {
    const url = 'http://127.0.0.1:1/?sig=secret';
    await assert.rejects(exchange({ method: 'GET', url, timeoutMs: 5000, maxBytes: 1 }), {
      kind: 'unreachable',
      message: 'cannot be reached (ECONNREFUSED)',
    });
  });

  describe('that follows redirects', () => {
    const follow = (
      path: string,
      method: 'GET' | 'POST' = 'GET',
      allow: (target: URL) => void = () => undefined,
    ) =>
      openFollowing(
        {
          method,
          url: `${home.url}${path}`,
          headers: { Authorization: 'Bearer secret' },
          idleTimeoutMs: 5000,
        },
        allow,
      );

    it('shows its login to the first origin only', async () => {
      seen.length = 0;
      assert.equal(Buffer.from(await readBody(await follow('/away'), 5000)).length, 2000);
      const answer = await follow('/abroad');
      assert.equal(answer.url.href, `${abroad.url}/there`);
      await readBody(answer, 100);
      const login = 'Bearer secret';
      assert.deepEqual(seen, [
        { path: '/away', login },
        { path: '/long', login },
        { path: '/abroad', login },
        { path: '/there', login: undefined },
      ]);
    });

    it('ends after a few, sends no body a second time, and asks before each', async () => {
      assert.equal(await kindOf(follow('/circle')), 'redirects');
      assert.equal(await kindOf(follow('/nowhere')), 'redirects');
      assert.equal((await follow('/away', 'POST')).status, 302);
      const refused = new Error('not there');
      const allow = ({ origin }: URL): void => {
        if (origin !== home.url) throw refused;
      };
      await assert.rejects(follow('/abroad', 'GET', allow), refused);
    });
  });
});
