// The answers are those of the sidecar's Go handlers, byte for byte where they are odd (skr).

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { freshKeyPairSync } from '../../../../src/lib/keys/fresh-key.js';
import { utf8 } from '../../../../src/lib/base/bytes/arrays.js';
import {
  createSidecarClient,
  type SidecarClient,
} from '../../../../src/lib/room/key-release/sidecar-client.js';

/* As the sidecar puts it between what failed and why (pkg/skr/skr.go, source of 2025-12-12). */
const HELP = [
  'ERROR: Please refer to the documentation for more information on how to use this sidecar.',
  'ACI: https://github.com/microsoft/confidential-sidecar-containers/blob/main/examples/skr/aci/README.md',
  'KATA: https://github.com/microsoft/confidential-sidecar-containers/blob/main/examples/skr/aks/README.md',
  'Troubleshooting: https://github.com/microsoft/confidential-sidecar-containers/blob/main/examples/skr/TROUBLESHOOTING.md',
].join('\n');

describe('sidecar client', () => {
  const pair = freshKeyPairSync({ type: 'rsa', bits: 2048 });
  const jwk = { ...pair.privateKey.export({ format: 'jwk' }), key_ops: ['decrypt'] };
  let server: Server;
  let client: SidecarClient;
  let answer: { status: number; body: string };
  let asked: { path: string; body: unknown };

  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        asked = { path: request.url ?? '', body: text === '' ? null : JSON.parse(text) };
        response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8' });
        response.end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    client = createSidecarClient({ host: '127.0.0.1', port, timeoutMs: 2000 });
  });

  after(() => server.close());

  it('asks for a key as the sidecar wants to be asked and reads the JWK inside the string', async () => {
    answer = { status: 200, body: JSON.stringify({ key: JSON.stringify(jwk) }) };
    const key = await client.releaseKey({
      authority: 'sharedweu.weu.attest.azure.net',
      vault: 'fabrikam-hsm.managedhsm.azure.net',
      key: 'notes/0123',
    });
    assert.deepEqual(asked, {
      path: '/key/release',
      body: {
        maa_endpoint: 'sharedweu.weu.attest.azure.net',
        akv_endpoint: 'fabrikam-hsm.managedhsm.azure.net',
        kid: 'notes/0123',
      },
    });
    assert.deepEqual(key.export({ format: 'jwk' }), pair.privateKey.export({ format: 'jwk' }));
  });

  it('reads report, combined evidence and token', async () => {
    answer = { status: 200, body: JSON.stringify({ report: 'ab'.repeat(1184) }) };
    assert.equal((await client.attestRaw(utf8('data'))).length, 1184);
    assert.deepEqual(asked.body, { runtime_data: 'ZGF0YQ==' });
    const evidence = Buffer.alloc(1184, 7).toString('base64');
    answer = {
      status: 200,
      body: JSON.stringify({ endorsed_tcb: '31', endorsements: 'UEVN', evidence, uvm_endorsements: 'x' }),
    };
    const combined = await client.attestCombined(utf8('data'));
    assert.equal(combined.certificateChain, 'PEM');
    assert.equal(combined.report[0], 7);
    answer = { status: 200, body: '{"token":"a.b.c"}' };
    assert.equal(await client.attestMaa('maa', utf8('{}')), 'a.b.c');
  });

  it('reads the first of two answers back to back', async () => {
    answer = {
      status: 403,
      body: `${JSON.stringify({ error: `attestation failed\n${HELP}: MAA says no }{` })}{"token":""}`,
    };
    await assert.rejects(client.attestMaa('maa', utf8('{}')), {
      code: 'ATTESTATION_REFUSED',
      message: /MAA says no/,
    });
  });

  it('takes the empty error object of a malformed release request', async () => {
    answer = { status: 400, body: '{"error":{}}' };
    await assert.rejects(release(), { code: 'SIDECAR_REQUEST_REFUSED' });
  });

  for (const [code, text] of [
    ['KEY_RELEASE_DENIED', 'Target environment attestation does not meet key release policy requirements.'],
    ['KEY_RELEASE_TOKEN_REJECTED', 'Target environment attestation statement cannot be verified.'],
    ['KEY_DISABLED', '{"error":{"code":"Forbidden","innererror":{"code":"KeyDisabled"}}}'],
    ['KEY_NOT_FOUND', '{"error":{"code":"KeyNotFound"}}: http response status equal to 404 Not Found'],
    ['KEY_ACCESS_DENIED', '{"error":{"innererror":{"code":"ForbiddenByRbac"}}}'],
    ['ATTESTATION_REFUSED', 'attestation failed: POST https://maa/attest/SevSnpVM: InvalidParameter'],
    ['KEY_RELEASE_REFUSED', 'something else'],
  ] as const) {
    it(`gives ${code} its own error out of the one 403`, async () => {
      answer = { status: 403, body: JSON.stringify({ error: `${text}\n${HELP}` }) };
      await assert.rejects(release(), { code });
    });
  }

  const MAA = 'attestation failed: Retrieving MAA token from MAA endpoint failed: ';
  for (const [code, what, cause] of [
    [
      'ATTESTATION_REFUSED',
      'evidence that is refused',
      `${MAA}pulling maa post response failed: {"error":{"code":"InvalidParameter"}}: http response status equal to 400 Bad Request`,
    ],
    [
      'ATTESTATION_REFUSED',
      'a login that it wants',
      `${MAA}pulling maa post response failed: : http response status equal to 401 Unauthorized`,
    ],
    [
      'ATTESTATION_REFUSED',
      'another host',
      `${MAA}pulling maa post response failed: <html>: http response status equal to 404 Not Found`,
    ],
    [
      'ATTESTATION_REFUSED',
      'a service that is overloaded',
      `${MAA}pulling maa post response failed: : http response status equal to 503 Service Unavailable`,
    ],
    [
      'ATTESTATION_REFUSED',
      'certificates that cannot be refreshed',
      'attestation failed: Refreshing CertChain failed: failed to retrieve cert chain: certificate endpoint not set',
    ],
    [
      'SERVICE_UNREACHABLE',
      'a name that does not resolve',
      `${MAA}maa post request failed: HTTP GET failed: Post "https://sharedweu.weu.attest.azure.net/attest/SevSnpVM?api-version=2020-10-01": dial tcp: lookup sharedweu.weu.attest.azure.net: no such host`,
    ],
    [
      'SERVICE_UNREACHABLE',
      'a vault that does not answer',
      'releasing the key notes failed: AKV post request failed: HTTP GET failed: Post "https://fabrikam.managedhsm.azure.net/keys/notes/release?api-version=7.4": connection refused',
    ],
    [
      'KEY_ACCESS_DENIED',
      'an identity that is not there',
      'retrieving authentication token failed: pulling http get authentication token response failed: {"error":"invalid_request","error_description":"Identity not found"}: http response status equal to 400 Bad Request',
    ],
    [
      'KEY_NOT_FOUND',
      'a key that is not there',
      'releasing the key notes failed: pulling AKV response body failed: {"error":{"code":"KeyNotFound"}}: http response status equal to 404 Not Found',
    ],
    [
      'KEY_RELEASE_DENIED',
      'a policy that is not met',
      'releasing the key notes failed: pulling AKV response body failed: {"error":{"code":"Forbidden","message":"Target environment attestation does not meet key release policy requirements."}}: http response status equal to 403 Forbidden',
    ],
  ] as const) {
    it(`gives ${code} for ${what}, with the whole cause and no URL`, async () => {
      answer = {
        status: 403,
        body: JSON.stringify({ error: `secure key release failed\n${HELP}: ${cause}` }),
      };
      await assert.rejects(release(), (error: Error & { code: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, /^the sidecar answered 403: secure key release failed: /);
        assert.ok(error.message.endsWith(cause.slice(-10)), error.message);
        assert.doesNotMatch(error.message, /https?:|github|documentation|api-version/);
        return true;
      });
    });
  }

  it('keeps both ends of a cause that is very long', async () => {
    const body = 'x'.repeat(10_000);
    const cause = `releasing the key notes failed: pulling AKV response body failed: ${body}: http response status equal to 403 Forbidden`;
    answer = { status: 403, body: JSON.stringify({ error: `secure key release failed\n${HELP}: ${cause}` }) };
    await assert.rejects(release(), (error: Error) => {
      assert.ok(error.message.length < 2200, String(error.message.length));
      return /releasing the key notes failed/.test(error.message) && /403 Forbidden$/.test(error.message);
    });
  });

  it('says that a sidecar without /attest/combined is too old', async () => {
    answer = { status: 404, body: '404 page not found' };
    await assert.rejects(client.attestCombined(utf8('data')), { code: 'SIDECAR_TOO_OLD', message: /2\.11/ });
  });

  it('X7: quotes no token that the sidecar put into its error', async () => {
    const token = `${'a'.repeat(30)}.${'b'.repeat(30)}.${'c'.repeat(30)}`;
    answer = { status: 403, body: JSON.stringify({ error: `bearer ${token}` }) };
    await assert.rejects(release(), (error: Error) => !error.message.includes('bbbb'));
  });

  it('X7: never repeats a released key that it cannot read', async () => {
    answer = { status: 200, body: JSON.stringify({ key: '{"kty":"RSA","d":"c2VjcmV0"}' }) };
    await assert.rejects(
      release(),
      (error: Error & { code: string }) =>
        error.code === 'RELEASED_KEY_MALFORMED' &&
        !`${error.stack} ${String(error.cause)}`.includes('c2VjcmV0'),
    );
  });

  for (const body of ['', 'null', '[]', '{}', '{"key":7}', '{"key":"{"}', '<html>']) {
    it(`refuses the answer ${JSON.stringify(body)}`, async () => {
      answer = { status: 200, body };
      await assert.rejects(release(), { code: /^(?:SIDECAR_ANSWER|RELEASED_KEY)_MALFORMED$/ });
    });
  }

  it('refuses an endless answer and reports a closed port', async () => {
    answer = { status: 200, body: 'x'.repeat(5 * 1024 * 1024) };
    await assert.rejects(release(), { code: 'SIDECAR_ANSWER_MALFORMED' });
    const nobody = createSidecarClient({ host: '127.0.0.1', port: 1 });
    await assert.rejects(nobody.status(), { code: 'SIDECAR_UNREACHABLE' });
  });

  function release(): Promise<unknown> {
    return client.releaseKey({ authority: 'maa', vault: 'vault', key: 'notes' });
  }
});
