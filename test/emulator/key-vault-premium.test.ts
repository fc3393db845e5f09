// Key Vault Premium: the same host with other data. And what a Go client sends, which the SDK never does.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

import { decodeJwt, decodeProtectedHeader } from 'jose';

import { serveWire } from '../../src/lib/emulator/http/serve.js';
import { createMetadataHandler } from '../../src/lib/emulator/identity/metadata-handler.js';
import { KEY_VAULT_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import { KEY_VAULT_PREMIUM } from '../../src/lib/emulator/managed-hsm/constants.js';
import { httpsCall } from '../support/https-call.js';
import {
  exportable,
  HOST_DATA,
  policyFor,
  startLocalVault,
  type LocalVault,
} from '../support/local-vault.js';

const PREMIUM = {
  kind: KEY_VAULT_PREMIUM,
  roles: [KEY_VAULT_ROLES.cryptoOfficer, KEY_VAULT_ROLES.cryptoServiceReleaseUser],
};

describe('emulated Key Vault Premium', () => {
  let vault: LocalVault;
  before(async () => (vault = await startLocalVault(PREMIUM)));
  after(() => vault.stop());

  it('keeps software and HSM keys apart, and numbers its refusals', async () => {
    const { keys } = vault.client;
    assert.equal((await keys.createRsaKey('soft')).keyType, 'RSA');
    const hard = await keys.createRsaKey('hard', { hsm: true });
    assert.equal(hard.keyType, 'RSA-HSM');
    assert.equal(Buffer.from(hard.key?.e ?? []).toString('base64url'), 'AAEAAQ');
    await assert.rejects(keys.createOctKey('oct', { hsm: true }), { statusCode: 400 });
    await assert.rejects(keys.createRsaKey('x', { hsm: true, exportable: true }), {
      message: 'AKV.SKR.1004: Exportable keys must have release policy.',
    });
    await assert.rejects(keys.createRsaKey('x', exportable()), { message: /^AKV\.SKR\.1006/ });
    const key = await keys.createRsaKey('fixed', { hsm: true, ...exportable() });
    const releasePolicy = { encodedPolicy: new TextEncoder().encode(policyFor('00'.repeat(32))) };
    await assert.rejects(keys.updateKeyProperties('fixed', key.properties.version!, { releasePolicy }), {
      message: 'AKV.SKR.1020: Immutable Key Release Policy cannot be modified.',
    });
  });

  it('signs a release with the header of a vault, and says RSA-HSM in it', async () => {
    const { keys } = vault.client;
    await keys.createRsaKey('release', { hsm: true, ...exportable() });
    const { value } = await keys.releaseKey('release', await vault.attestation.token());
    const header = decodeProtectedHeader(value);
    assert.equal(header.typ, 'JWT');
    assert.match(header.kid!, /^[0-9A-F]{40}$/);
    const { response } = decodeJwt<{ response: { key: { key: { kty: string } } } }>(value);
    assert.equal(response.key.key.kty, 'RSA-HSM');
  });

  it('challenges with an error body and its own resource', async () => {
    const { status, headers, json } = await httpsCall('GET', `${vault.url}/keys?api-version=7.4`, {
      ca: vault.tls.rootPem,
    });
    assert.equal(status, 401);
    assert.equal(json.error!.code, 'Unauthorized');
    assert.match(String(headers['www-authenticate']), /resource="https:\/\/vault\.azure\.net"$/);
  });
});

describe('emulated managed HSM on the wire of a Go client', () => {
  let vault: LocalVault;
  before(async () => (vault = await startLocalVault()));
  after(() => vault.stop());

  const data = (encoding: BufferEncoding, text = policyFor(HOST_DATA)) =>
    Buffer.from(text).toString(encoding);

  it('challenges before it looks at anything, with the body that a real HSM gives', async () => {
    for (const [method, path] of [
      ['POST', '/keys/x/create'],
      ['PUT', '/keys/x'],
      ['GET', '/nowhere'],
    ] as const) {
      const { status, headers, text } = await httpsCall(method, vault.url + path, { ca: vault.tls.rootPem });
      assert.equal(status, 401);
      assert.equal(text, 'OK');
      assert.equal(
        headers['www-authenticate'],
        `Bearer authorization="https://login.microsoftonline.com/${vault.tenant.id}", resource="https://managedhsm.azure.net"`,
      );
    }
  });

  it('imports what importkey and the test script send: lower-case hsm, any base64, key_size', async () => {
    for (const [name, encoding, policy] of [
      ['url', 'base64url', data('base64url')],
      ['standard', 'base64', data('base64')],
    ] as const) {
      const answer = await vault.raw(vault.owner, 'PUT', `/keys/${name}`, {
        hsm: true,
        key: {
          kty: 'oct-HSM',
          k: Buffer.alloc(32, 7).toString(encoding),
          key_ops: ['encrypt', 'decrypt'],
          key_size: 256,
        },
        attributes: { exportable: true },
        release_policy: { contentType: 'application/json; charset=utf-8', data: policy },
      });
      assert.equal(answer.status, 200, answer.text);
      assert.equal((answer.json['key'] as { k?: string }).k, undefined);
      const shown = answer.json['release_policy'] as { data: string };
      assert.equal(shown.data, data('base64url'));
    }
  });

  it('releases with target alone, under both spellings of a missing version', async () => {
    await vault.client.keys.createOctKey('plain', { hsm: true, ...exportable() });
    for (const path of ['/keys/plain/release', '/keys/plain//release']) {
      const target = await vault.attestation.token();
      const { status, json } = await vault.raw(vault.owner, 'POST', path, { target });
      assert.equal(status, 200);
      const { request, response } = decodeJwt<{
        request: { kid: string; enc: string; nonce?: string; 'api-version': string };
        response: { key: { key: { kid: string; key_hsm: string } } };
      }>(json['value'] as string);
      assert.deepEqual(request, {
        'api-version': '7.4',
        enc: 'CKM_RSA_AES_KEY_WRAP',
        kid: `${vault.url}/keys/plain`,
      });
      assert.match(response.key.key.kid, /\/keys\/plain\/[0-9a-f]{32}$/);
      const keyHsm = JSON.parse(Buffer.from(response.key.key.key_hsm, 'base64url').toString()) as {
        header: object;
      };
      assert.deepEqual(keyHsm.header, { kid: 'runtime-key', alg: 'dir', enc: 'CKM_RSA_AES_KEY_WRAP' });
      assert.equal((json['value'] as string).includes('='), false);
    }
  });

  it('says aloud what it does not emulate, and refuses an unknown api-version', async () => {
    await vault.client.keys.createRsaKey('backed-up', { hsm: true });
    assert.equal((await vault.raw(vault.owner, 'POST', '/keys/backed-up/backup', {})).status, 501);
    for (const version of ['2015-06-01', '7.9', '2026-04-02'])
      assert.equal(
        (await vault.raw(vault.owner, 'GET', `/keys?api-version=${version}`)).status,
        400,
        version,
      );
    const published = [
      '7.0',
      '7.1',
      '7.2',
      '7.3',
      '7.4',
      '7.5',
      '7.6-preview.2',
      '7.6',
      '2025-07-01',
      '2026-04-01',
    ];
    for (const version of published)
      assert.equal(
        (await vault.raw(vault.owner, 'GET', `/keys?api-version=${version}`)).status,
        200,
        version,
      );
  });

  it('keeps keys with names that JavaScript objects have', async () => {
    const { keys } = vault.client;
    await assert.rejects(keys.getKey('constructor'), { statusCode: 404 });
    await keys.createOctKey('constructor', { hsm: true });
    await vault.reopen();
    assert.equal((await keys.getKey('constructor')).name, 'constructor');
  });

  it('pages long lists', async () => {
    const made = Array.from({ length: 30 }, () => `page-${randomUUID()}`);
    for (const name of made) await vault.client.keys.createOctKey(name, { hsm: true });
    const listed = new Set<string>();
    for await (const { name } of vault.client.keys.listPropertiesOfKeys()) listed.add(name);
    assert.ok(made.every((name) => listed.has(name)));
  });
});

describe('emulated metadata service through the Azure SDK', () => {
  it('gives ManagedIdentityCredential a token of the identity it names', async () => {
    const vault = await startLocalVault();
    const resourceId = '/subscriptions/s/providers/Microsoft.ManagedIdentity/userAssignedIdentities/room';
    const identity = await vault.identity.directory.ensureManagedIdentity(vault.tenant, resourceId);
    const metadata = await serveWire(
      createMetadataHandler(
        { resourceId: '/subscriptions/s/groups/room', identities: [resourceId] },
        {
          identity: vault.identity,
          clock: vault.clock,
          certificates: () => Promise.resolve({ status: 404 }),
        },
      ),
      { port: 0, tls: null },
    );
    try {
      // A process of its own: the SDK chooses its source once a process.
      const program = `import { ManagedIdentityCredential } from '@azure/identity';
        const credential = new ManagedIdentityCredential({ clientId: ${JSON.stringify(identity.clientId)} });
        const { token } = await credential.getToken('https://managedhsm.azure.net/.default');
        process.stdout.write(token);`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module', '--eval', program],
        { env: { PATH: process.env['PATH'], AZURE_POD_IDENTITY_AUTHORITY_HOST: metadata.url } },
      );
      assert.equal(decodeJwt(stdout)['oid'], identity.principalId);
    } finally {
      await metadata.close();
      await vault.stop();
    }
  });
});
