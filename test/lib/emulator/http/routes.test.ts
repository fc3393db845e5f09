// Routes as data: which one a request finds, and that none is answered before its permission was asked for.

import assert from 'node:assert/strict';

import { AzureError } from '../../../../src/lib/emulator/http/azure-error.js';
import { createGuardedHandler, type WireAnswer } from '../../../../src/lib/emulator/http/guarded-handler.js';
import { documented } from '../../../../src/lib/emulator/http/proof.js';
import { type Route, routeWriter } from '../../../../src/lib/emulator/http/route.js';
import { createRouter } from '../../../../src/lib/emulator/http/router.js';
import { send } from '../../../support/wire-request.js';

const proof = documented('2026-11', 'this test');
const { guarded, open } = routeWriter<{ readonly caller: string }, object, string, WireAnswer>();

describe('a route of an emulated service', () => {
  it('does not compile without a permission, or without the reason for none', () => {
    const answer = (): WireAnswer => ({ status: 200 });
    const written = [
      // @ts-expect-error a guarded route names its permission
      guarded({ method: 'GET', path: '/keys', proof, answer }),
      // @ts-expect-error an open route says why it is open
      open({ method: 'GET', path: '/keys', proof, answer }),
      // @ts-expect-error every route says how its parity is proven
      guarded({ method: 'GET', path: '/keys', permission: 'read', answer }),
      guarded({
        method: 'GET',
        path: '/keys/{name}',
        permission: 'read',
        proof,
        // @ts-expect-error a parameter that the path does not have
        answer: (_, { version }) => version as WireAnswer,
      }),
    ];
    // @ts-expect-error neither guarded nor open
    const bare: Route<object, object, string, WireAnswer> = {
      method: 'GET',
      path: '/',
      query: {},
      proof,
      answer,
    };
    assert.equal(written.length + Object.keys(bare).length, 9);
  });

  it('is found by method, path in any case and query; slashes too many make no difference', () => {
    const find = createRouter([
      { method: 'GET', path: '/keys/{name}/versions', query: {} },
      { method: 'GET', path: '/keys/{name}/{version}', query: {} },
      { method: 'GET', path: '/{scope*}/providers/roles', query: {} },
      { method: 'PUT', path: '/{blob}', query: { comp: 'block' } },
      { method: 'PUT', path: '/{blob}', query: { comp: null } },
      { method: 'GET', path: '/v2/{name+}/tags', query: {} },
    ]);
    const ask = (method: string, path: string, query = '') => {
      const found = find({ method, path, query: new URLSearchParams(query) });
      return found.kind === 'route' ? [found.route.path, found.parameters, found.route.query] : found.kind;
    };
    assert.deepEqual(ask('GET', '/Keys/notes/VERSIONS'), ['/keys/{name}/versions', { name: 'notes' }, {}]);
    assert.deepEqual(ask('GET', '//keys//notes/0123/')[1], { name: 'notes', version: '0123' });
    assert.deepEqual(ask('GET', '///providers/roles')[1], { scope: '' });
    assert.deepEqual(ask('GET', '/keys/notes/providers/roles')[1], { scope: 'keys/notes' });
    assert.deepEqual(ask('GET', '/v2/a/b/c/tags')[1], { name: 'a/b/c' });
    assert.deepEqual(ask('PUT', '/b', 'comp=block')[2], { comp: 'block' });
    assert.deepEqual(ask('PUT', '/b')[2], { comp: null });
    assert.equal(ask('PUT', '/b', 'comp=nothing'), 'nothing');
    assert.equal(ask('PATCH', '/keys/notes/versions'), 'other-method');
    assert.equal(ask('GET', '/elsewhere/and/further'), 'nothing');
  });

  it('X4: is answered only after its caller was admitted and its permission held', async () => {
    const done: string[] = [];
    const handler = createGuardedHandler({
      routes: [
        open({
          method: 'GET',
          path: '/open',
          openBecause: 'a test',
          proof,
          answer: () => ({ status: 200 }),
        }),
        guarded({
          method: 'GET',
          path: '/secret/{name}',
          permission: 'read',
          proof,
          answer: ({ caller }, { name }) => {
            done.push(`${caller} reads ${name}`);
            return { status: 200 };
          },
        }),
      ],
      open: () => ({}),
      admit: ({ headers }) => {
        const caller = headers['authorization'];
        if (caller === undefined) throw new AzureError(401, 'Unauthorized', 'who?');
        return { caller };
      },
      authorize: ({ caller }, permission) => {
        if (caller !== `may ${permission}`) throw new AzureError(403, 'Forbidden', 'no');
      },
      noRoute: () => ({ status: 404 }),
      refuse: (cause) => (cause instanceof AzureError ? { status: cause.status } : null),
    });
    const ask = async (path: string, authorization?: string): Promise<number> => {
      const headers = authorization === undefined ? {} : { authorization };
      return (await send(handler, 'GET', `https://127.0.0.1${path}`, { headers })).status;
    };
    assert.equal(await ask('/open'), 200);
    assert.equal(await ask('/secret/x'), 401);
    assert.equal(await ask('/nowhere'), 401);
    assert.equal(await ask('/secret/x', 'may write'), 403);
    assert.deepEqual(done, []);
    assert.equal(await ask('/secret/x', 'may read'), 200);
    assert.equal(await ask('/nowhere', 'may read'), 404);
    assert.deepEqual(done, ['may read reads x']);
  });
});
