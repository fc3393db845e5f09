import assert from 'node:assert/strict';
import { request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';

import { freshKeyPairSync } from '../../../../src/lib/keys/fresh-key.js';
import { parseBundle } from '../../../../src/lib/evidence/evidence-bundle.js';
import { parseRoomRuntimeData } from '../../../../src/lib/evidence/room-runtime-data.js';
import { utf8 } from '../../../../src/lib/base/bytes/arrays.js';
import type { RunningRoom } from '../../../../src/lib/room/room.js';
import { deliveredOnPage, FERRY_TEXT, lenient } from '../../../support/room/contracts.js';
import { causeFor } from '../../../support/room/causes.js';
import { createWorld, type World } from '../../../support/room/world.js';

const NONCE = 'AAECAwQFBgcICQoLDA0ODw';

describe("the room's API", () => {
  let world: World;
  let room: RunningRoom;
  before(async () => {
    world = await createWorld((contract) => lenient(contract));
    await world.encrypt('notes', FERRY_TEXT);
    ({ room } = await world.run());
  });
  after(() => world.close());

  it('answers each of its pages with a type, a strict policy and no caching', async () => {
    const types: Record<string, RegExp> = {
      '/': /^text\/html/,
      '/healthz': /^application\/json$/,
      '/readyz': /^application\/json$/,
      '/status': /^application\/json$/,
      '/receipt': /^application\/jose$/,
      '/result': /^application\/jose\+json$/,
      [`/evidence?nonce=${NONCE}`]: /^application\/json$/,
    };
    for (const [path, type] of Object.entries(types)) {
      const { status, headers } = await world.get(room, path);
      assert.equal(status, 200, path);
      assert.match(headers['content-type'] ?? '', type);
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.match(String(headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-/);
      assert.equal(headers['server'], undefined);
    }
  });

  it('binds its https key, its contract and the nonce in the report that it hands out', async () => {
    const bundle = parseBundle(utf8((await world.get(room, `/evidence?nonce=${NONCE}`)).text));
    assert.deepEqual(bundle.contract, world.parsed.contract);
    assert.deepEqual(bundle.receipts, [(await world.get(room, '/receipt')).text]);
    const data = parseRoomRuntimeData(utf8(bundle.runtimeData));
    assert.equal(data.nonce, NONCE);
    assert.equal(data.contract, world.parsed.digest);
    const socket = await new Promise<TLSSocket>((resolve) => {
      const opened = connect({ port: room.port, host: '127.0.0.1', rejectUnauthorized: false }, () =>
        resolve(opened),
      );
    });
    const { x, y } = socket.getPeerX509Certificate()!.publicKey.export({ format: 'jwk' });
    socket.destroy();
    assert.deepEqual({ x, y }, { x: data.tls.x, y: data.tls.y });
  });

  it('refuses a nonce that is none, two of them, and anything beside it', async () => {
    const bad = [
      '',
      '?nonce=',
      '?nonce=AAEC',
      `?nonce=${NONCE}&nonce=${NONCE}`,
      `?nonce=${NONCE}&x=1`,
      '?nonce=%2e%2e',
      '?x',
    ];
    for (const query of bad) assert.equal((await world.get(room, `/evidence${query}`)).status, 400, query);
  });

  it('makes a few fresh reports at once, then asks callers to wait', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => world.get(room, `/evidence?nonce=${NONCE}`)),
    );
    const statuses = answers.map(({ status }) => status);
    assert.ok(statuses.filter((status) => status === 429).length >= 5, statuses.join());
    assert.ok(answers.find(({ status }) => status === 429)?.headers['retry-after'] !== undefined);
  });

  it('takes GET and HEAD only, no long addresses, and knows no other pages', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
      assert.equal((await world.get(room, '/', method)).status, 405, method);
    const head = await world.get(room, '/status', 'HEAD');
    assert.deepEqual({ status: head.status, text: head.text }, { status: 200, text: '' });
    assert.equal((await world.get(room, `/${'a'.repeat(600)}`)).status, 414);
    for (const path of ['/admin', '/../etc/passwd', '/%2e%2e', '//', '/status/', '/result.json'])
      assert.equal((await world.get(room, path)).status, 404, path);
  });

  it('does not give the summary in clear where the contract says sealed', async () => {
    assert.equal((await world.get(room, '/summary')).status, 403);
    assert.doesNotMatch((await world.get(room, '/')).text, /ferry/i);
  });

  it('serves a hundred readers at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => world.get(room, n % 2 === 0 ? '/' : '/status')),
    );
    assert.ok(answers.every(({ status }) => status === 200));
  });

  it('closes connections that send no request, or too many header bytes, and goes on', async () => {
    const status = await new Promise<number | string>((resolve) => {
      const outgoing = request(
        {
          port: room.port,
          host: '127.0.0.1',
          rejectUnauthorized: false,
          headers: { 'x-long': 'a'.repeat(20_000) },
        },
        (incoming) => resolve(incoming.statusCode ?? 0),
      );
      outgoing.on('error', () => resolve('closed'));
      outgoing.end();
    });
    assert.ok(status === 'closed' || status === 431);
    assert.equal((await world.get(room, '/healthz')).status, 200);
  });

  it('shows no stack trace and no path when the sidecar fails behind it', async () => {
    world.sidecar.override = () => ({ status: 500, body: 'at Object.<anonymous> (/app/secret.js:1:1)' });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const { status, text } = await world.get(room, `/evidence?nonce=${NONCE}`);
    world.sidecar.override = null;
    assert.equal(status, 503);
    assert.doesNotMatch(text, /\bat \b|\.js|\/app/);
  });
});

describe('a summary on the page', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld((contract) =>
      deliveredOnPage(lenient(contract, { maxShareOfSource: 1, maxCopiedWords: 1000 })),
    );
  });
  afterEach(() => world.close());

  it('is readable by whoever reaches the room, with the method and limits, and nothing that was measured', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    const { room } = await world.run();
    const page = (await world.get(room, '/')).text;
    for (const expected of [
      /ferry line/,
      /LexRank \(extractive/,
      /Longest run of words taken over/,
      /Longest result, in characters/,
      />[0-9.]+ %</,
      /measured values are in the result only/,
    ])
      assert.match(page, expected);
    const { summaries } = JSON.parse((await world.get(room, '/summary')).text) as {
      summaries: { text: string }[];
    };
    assert.match(summaries[0]?.text ?? '', /ferry/);
  });

  it('II1: shows markup, escape sequences and direction overrides of a hostile text, and obeys none', async () => {
    // Escape sequences and direction overrides are outside every contract's alphabet, and never leave.
    const hostile = '<script>alert(1)</script> & "quotes".';
    await world.encrypt('notes', `${hostile} ${hostile}`);
    const { room, state } = await world.run();
    assert.equal(state, 'done');
    const page = (await world.get(room, '/')).text;
    assert.doesNotMatch(page, /<script>alert/);
    assert.doesNotMatch(page, /[\u202e\u202c]/);
    assert.match(page, /&lt;script&gt;alert\(1\)/);
  });

  it('II1: never leaves the room with control characters', async () => {
    await world.encrypt('notes', 'A text in \u001b[31mred\u001b[0m letters.');
    assert.equal((await world.run()).code, 'NO_RESULT');
    assert.equal((await causeFor(world)).code, 'LIMIT_REFUSED');
  });
});

describe('texts that are none', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld((contract) => lenient(contract));
  });
  afterEach(() => world.close());

  const cases: readonly (readonly [string, string | Uint8Array | Record<string, string>, string])[] = [
    ['an empty text', '', 'TEXT_EMPTY'],
    ['white space', ' \n\t ', 'TEXT_EMPTY'],
    ['bytes that are not UTF-8', Uint8Array.of(0x66, 0xff, 0xfe, 0x66), 'TEXT_NOT_UTF8'],
    ['a long text in UTF-16', Uint8Array.from(Buffer.from(FERRY_TEXT.repeat(20), 'utf16le')), 'TEXT_BINARY'],
    ['one document where two are demanded', FERRY_TEXT, 'LIMIT_REFUSED'],
  ];
  for (const [name, content, expected] of cases) {
    it(`II1: ends in a clear state for ${name}, with nothing given out`, async () => {
      if (expected === 'LIMIT_REFUSED') {
        await world.close();
        world = await createWorld((contract) => lenient(contract, { minDocuments: 2 }));
      }
      await world.encrypt('notes', content);
      const { state, code, room } = await world.run();
      assert.notEqual(state, 'done');
      assert.equal(code, 'NO_RESULT');
      assert.equal((await causeFor(world)).code, expected);
      assert.equal((await world.get(room, '/result')).status, 404);
      assert.equal(await world.storage.text('/results/quarterly-notes.result.json'), null);
      assert.equal((await world.get(room, '/receipt')).status, 200);
    });
  }

  it('a key of another kind than the blob is sealed to opens nothing', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    const { privateKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
    for (const name of world.sidecar.keys.keys()) world.sidecar.keys.set(name, privateKey);
    assert.equal((await world.run()).code, 'NO_RESULT');
    assert.equal((await causeFor(world)).code, 'SEALED_BLOB_REJECTED');
  });
});
