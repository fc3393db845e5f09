// `cleanroom attest` and `verify URL` against a room over TLS, and against those who stand between.

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:https';
import type { RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { parseBundle, renderBundle } from '../../src/lib/evidence/evidence-bundle.js';
import { selfSignedCertificate } from '../../src/lib/room/self-signed.js';
import { emulatedRoom, type EmulatedRoom } from '../support/emulated-evidence.js';
import { runCleanroomJson } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const servers: Server[] = [];

/* A TLS server with a certificate over `key`. */
async function serve(key: KeyObject, answer: RequestListener): Promise<string> {
  const cert = selfSignedCertificate(key, createPublicKey(key), 'room', new Date());
  const server = createServer({ key: key.export({ type: 'pkcs8', format: 'pem' }), cert }, answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function freshKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function nonceOf(url: string | undefined): string {
  return new URL(url ?? '/', 'https://room').searchParams.get('nonce') ?? '';
}

/* As a room answers: evidence over the caller's nonce, and no receipt yet. */
function honest(room: EmulatedRoom): RequestListener {
  return ({ url }, response) => {
    if (url?.startsWith('/evidence') !== true) return void response.writeHead(404).end();
    const runtimeData = room.runtimeData({ nonce: nonceOf(url) });
    response.end(
      renderBundle(room.bundle({ runtimeData, report: room.report(runtimeData), collected: new Date() })),
    );
  };
}

/* Passes everything on, with another TLS key at its own end. */
function inTheMiddle(of: string): RequestListener {
  return ({ url }, response: ServerResponse) => {
    request(`${of}${url ?? ''}`, { rejectUnauthorized: false, agent: false }, (upstream) => {
      response.writeHead(upstream.statusCode ?? 500);
      upstream.pipe(response);
    }).end();
  };
}

describe('cleanroom attest', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  const path = (name: string): string => join(directory(), name);
  let room: EmulatedRoom;
  let address: string;
  before(async () => {
    room = await emulatedRoom();
    address = await serve(room.tlsKey, honest(room));
    writeFileSync(path('anchors.json'), room.anchorsText);
    writeFileSync(path('contract.json'), room.contract.canonical);
  });
  after(() => {
    for (const server of servers) server.close();
  });

  async function attest(
    url: string,
    out: string,
  ): Promise<{ readonly code: number; readonly error: unknown }> {
    const { code, json } = await runCleanroomJson('attest', url, '--out', path(out));
    return { code, error: (json['error'] as { code?: unknown } | undefined)?.code };
  }

  const EMULATED = (): string[] => ['--anchors', path('anchors.json'), '--allow-emulated'];

  it('writes a bundle over a nonce of its own that verifies offline, also as the answer to that nonce', async () => {
    const { code, json } = await runCleanroomJson('attest', address, '--out', path('a.evidence.json'));
    assert.equal(code, 0, JSON.stringify(json));
    const { nonce, verdict } = json['result'] as { nonce: string; verdict: unknown };
    assert.equal(verdict, null);
    const bundle = parseBundle(readFileSync(path('a.evidence.json')));
    assert.equal((JSON.parse(bundle.runtimeData) as { nonce: string }).nonce, nonce);
    assert.equal(Buffer.from(nonce, 'base64url').length, 32);
    const flags = [...EMULATED(), '--require', 'FRESH', '--nonce'];
    const verified = await runCleanroomJson('verify', path('a.evidence.json'), ...flags, nonce);
    assert.equal(verified.code, 0, JSON.stringify(verified.json));
    assert.equal(
      (await runCleanroomJson('verify', path('a.evidence.json'), ...flags, 'A'.repeat(43))).code,
      5,
    );
  });

  it('I9: never asks twice with the same nonce', async () => {
    const nonces = new Set<string>();
    const watched = await serve(room.tlsKey, (call, response) => {
      if (call.url?.startsWith('/evidence') === true) nonces.add(nonceOf(call.url));
      honest(room)(call, response);
    });
    for (const name of ['n1', 'n2', 'n3'])
      assert.equal((await attest(watched, `${name}.evidence.json`)).code, 0);
    assert.equal(nonces.size, 3);
  });

  it('refuses a connection that ends in another key than the attested one, and writes nothing', async () => {
    const middle = await serve(freshKey(), inTheMiddle(address));
    assert.deepEqual(await attest(middle, 'middle.evidence.json'), { code: 5, error: 'ROOM_KEY_MISMATCH' });
    assert.equal(existsSync(path('middle.evidence.json')), false);
    assert.equal((await runCleanroomJson('verify', middle, ...EMULATED())).code, 5);
  });

  it('I9: refuses yesterday’s evidence from the right key', async () => {
    const stale = renderBundle(room.bundle());
    const replay = await serve(room.tlsKey, (_call, response) => response.end(stale));
    assert.deepEqual(await attest(replay, 'replay.evidence.json'), { code: 5, error: 'ROOM_KEY_MISMATCH' });
  });

  for (const [name, body, error] of [
    ['what is no evidence', '<html>hello</html>', 'ROOM_EVIDENCE_MALFORMED'],
    ['evidence with a byte behind it', null, 'ROOM_EVIDENCE_MALFORMED'],
  ] as const) {
    it(`X5: refuses ${name}`, async () => {
      const odd = await serve(room.tlsKey, (_call, response) =>
        response.end(body ?? `${renderBundle(room.bundle())}\n`),
      );
      assert.deepEqual(await attest(odd, 'odd.evidence.json'), { code: 5, error });
    });
  }

  it('says that a room cannot be reached: nobody there, an error, another kind of key, an answer without end', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const cases = [
      'https://127.0.0.1:9',
      await serve(room.tlsKey, (_call, response) => response.writeHead(503).end()),
      await serve(rsa, honest(room)),
      await serve(room.tlsKey, (_call, response) => {
        const pour = (): void => {
          while (response.write(Buffer.alloc(1 << 20)));
          response.once('drain', pour);
        };
        pour();
      }),
    ];
    for (const url of cases) {
      assert.deepEqual(await attest(url, 'none.evidence.json'), { code: 6, error: 'ROOM_UNREACHABLE' }, url);
    }
    assert.equal(existsSync(path('none.evidence.json')), false);
  });

  it('verifies a room by its address: the answer to a nonce of the verifier’s own', async () => {
    const { code, json } = await runCleanroomJson('verify', address, ...EMULATED());
    assert.equal(code, 0, JSON.stringify(json));
    const { checks } = json['result'] as { checks: readonly { id: string; status: string }[] };
    assert.equal(checks.find((check) => check.id === 'NONCE')?.status, 'pass');
    assert.deepEqual(json['warnings'], []);
    assert.equal((await runCleanroomJson('verify', address)).code, 5);
  });

  it('takes no nonce for a room: it makes its own', async () => {
    const { code, json } = await runCleanroomJson('verify', address, ...EMULATED(), '--nonce', 'mine');
    assert.deepEqual(
      [code, (json['error'] as { code?: string } | undefined)?.code],
      [2, 'USAGE'],
      JSON.stringify(json).slice(0, 300),
    );
  });
});
