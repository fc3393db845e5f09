// Who is shown a login, and what a vault that lies is believed.

import assert from 'node:assert/strict';

import { createBlobStore } from '../../../src/lib/azure/blob-store.js';
import type { Connection } from '../../../src/lib/azure/connection.js';
import { openKeyVault } from '../../../src/lib/azure/key-vault.js';
import { requireStorageHost } from '../../../src/lib/azure/storage-hosts.js';
import { jsonResponse } from '../../../src/lib/emulator/http/messages.js';
import { type LocalVault, startLocalVault } from '../../support/local-vault.js';
import { vaultConnection } from '../../support/vault-connection.js';

const PROFILE: Connection['profile'] = {
  name: 'fabrikam',
  tenant: '00000000-0000-0000-0000-000000000000',
  credential: { kind: 'default' },
  endpoints: {},
  storageAccount: 'https://data.fabrikam.example',
  verifyChallengeResource: true,
};

describe('hosts of storage', () => {
  const connection = { profile: PROFILE } as Connection;
  for (const account of [
    'https://fabrikamdata.blob.core.windows.net',
    'https://fabrikamdata.z27.blob.storage.azure.net',
    'https://fabrikamdata.blob.core.usgovcloudapi.net',
    'https://127.0.0.1:10000/fabrikamdata',
    'https://data.fabrikam.example',
  ]) {
    it(`are shown a login: ${account}`, () => requireStorageHost(account, connection));
  }

  for (const account of [
    'http://fabrikamdata.blob.core.windows.net',
    'https://fabrikamdata.blob.core.windows.net.example.com',
    'https://fabrikamdata.blob.core.windows.example',
    'https://blob.core.windows.net',
    'https://fabrikamdata-blob.core.windows.net',
    'https://a.b.blob.core.windows.net',
    'https://fabrikamdata.blob.core.windows.net@example.com',
    'https://data.fabrikam.example.com',
    'https://127.0.0.1.example.com',
    'fabrikamdata',
  ]) {
    it(`X3: are not taken for Azure's: ${account}`, () => {
      assert.throws(() => requireStorageHost(account, connection), { code: 'STORAGE_HOST_UNKNOWN' });
    });
  }

  it('X3: no token is even asked for, whichever call a contract points elsewhere', async () => {
    const unasked: Connection = {
      ...connection,
      credential: { getToken: () => assert.fail('a token was asked for') },
      ca: undefined,
      tls: undefined,
    };
    const account = 'https://fabrikamdata.blob.core.windows.net.example.com';
    const blob = { account, container: 'cleanroom', name: 'notes.sealed' };
    const store = createBlobStore(unasked);
    const grant = { account, container: 'cleanroom', query: 'sv=1&sig=secret' };
    for (const call of [
      () => store.read(blob, 10),
      () => store.write(blob, new Uint8Array(0), 'create'),
      () => store.ensureContainer(blob),
      () => createBlobStore(unasked, grant).read(blob, 10),
    ])
      await assert.rejects(call, { code: 'STORAGE_HOST_UNKNOWN' });
  });
});

describe('a vault that lies', function () {
  this.timeout(60_000);
  let local: LocalVault;
  before(async () => (local = await startLocalVault()));
  after(() => local.stop());

  it('X3: is followed to no other place, not even on the same host', async () => {
    const asked: string[] = [];
    const elsewhere = await local.serve(({ path }) => {
      asked.push(path);
      return Promise.resolve({ status: 200, body: '{}' });
    });
    for (const status of [300, 301, 302, 303, 307, 308]) {
      for (const location of [`${elsewhere.url}/keys/other`, '/moved']) {
        const vault = await local.serve(({ path }) => {
          if (path === '/moved') asked.push(path);
          return Promise.resolve(jsonResponse(status, {}, { location }));
        });
        const keys = await openKeyVault(vaultConnection(local), vault.url.replace('https://', ''));
        await assert.rejects(keys.get('notes', null), { code: 'SERVICE_REFUSED' });
        await assert.rejects(keys.release('notes', '1', 'e30.e30.e30'), { code: 'SERVICE_REFUSED' });
      }
    }
    assert.deepEqual(asked, []);
  });

  it('X3: is not believed when it answers with a key of another vault, name or version', async () => {
    const { keys } = local.client;
    const { key, id = '' } = await keys.createRsaKey('notes', { hsm: true, keySize: 2048 });
    const version = id.split('/').at(-1) ?? '';
    const answers = [
      `https://contoso-hsm.managedhsm.azure.net/keys/notes/${version}`,
      id.replace('/notes/', '/other/'),
      id.replace(version, 'f'.repeat(32)),
    ];
    let answer = '';
    const vault = await local.serve(() =>
      Promise.resolve(
        jsonResponse(200, {
          key: {
            kid: answer,
            kty: 'RSA-HSM',
            n: Buffer.from(key!.n!).toString('base64url'),
            e: 'AQAB',
          },
          attributes: { enabled: true },
        }),
      ),
    );
    const host = vault.url.replace('https://', '');
    const lying = await openKeyVault(vaultConnection(local), host);
    for (answer of answers.map((text) => text.replace(local.hostAndPort, host)))
      await assert.rejects(lying.get('notes', version), { code: 'SERVICE_REFUSED' }, answer);
    answer = id.replace(local.hostAndPort, host);
    assert.equal((await lying.get('notes', version))?.id, answer);
  });
});
