// Blob storage of the local Azure, through the unmodified SDKs.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import {
  AnonymousCredential,
  BlobSASPermissions,
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
  type StoragePipelineOptions,
} from '@azure/storage-blob';

import { NO_FAULTS } from '../../../../src/lib/emulator/faults/fault-file.js';
import { type RunningServer, serveStream } from '../../../../src/lib/emulator/http/serve.js';
import {
  createIdentityAuthority,
  type IdentityAuthority,
} from '../../../../src/lib/emulator/identity/authority.js';
import { RESOURCES } from '../../../../src/lib/emulator/identity/constants.js';
import {
  openRoleAssignments,
  type RoleAssignments,
} from '../../../../src/lib/emulator/identity/role-assignments.js';
import { STORAGE_ROLES } from '../../../../src/lib/emulator/identity/role-definitions.js';
import { memoryStateStore } from '../../../../src/lib/emulator/state/state-store.js';
import { type RunningAzurite, startAzurite } from '../../../../src/lib/emulator/storage/azurite.js';
import { createStorageFront } from '../../../../src/lib/emulator/storage/front.js';
import type { StorageAccount } from '../../../../src/lib/emulator/storage/storage-account.js';
import { createBlobClient } from '../../../../src/lib/room/blob-client.js';
import { httpsCall, type HttpsAnswer } from '../../../support/https-call.js';
import { createTlsAuthority } from '../../../../src/lib/emulator/tls/authority.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

interface Login {
  readonly principalId: string;
  readonly credential: {
    getToken(scope: string | string[]): Promise<{ token: string; expiresOnTimestamp: number }>;
  };
}

interface Delegated {
  readonly permissions: string;
  readonly minutes?: number;
  readonly version?: string;
  readonly sip?: string;
}

describe('storage of the local Azure', () => {
  const directory = useTemporaryDirectory();
  let now = (): Date => new Date();
  let azurite: RunningAzurite;
  let blobs: RunningServer;
  let identity: IdentityAuthority;
  let roles: RoleAssignments;
  let ca: string;
  let account: StorageAccount;
  let owner: Login;
  let host: Login;

  before(async () => {
    const store = memoryStateStore();
    const clock = (): Date => now();
    identity = await createIdentityAuthority(store, clock);
    roles = await openRoleAssignments(store, 'azure', Object.values(STORAGE_ROLES));
    const tenant = await identity.directory.ensureTenant('fabrikam');
    account = {
      name: 'fabrikamdata',
      key: randomBytes(64).toString('base64'),
      delegationSecret: randomBytes(32),
      tenantId: tenant.id,
      resourceId:
        '/subscriptions/s/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/fabrikamdata',
    };
    owner = await login('owner');
    host = await login('host');
    await roles.assign(owner.principalId, STORAGE_ROLES.blobDataOwner, account.resourceId);
    const tls = await createTlsAuthority(store, clock);
    ca = tls.rootPem;
    const leaf = await tls.issue('storage', ['127.0.0.1', `${account.name}.blob.localhost`]);
    azurite = await startAzurite({
      directory: `${directory()}/storage`,
      runtimeDirectory: directory(),
      accounts: new Map([[account.name, account.key]]),
    });
    blobs = await serveStream(
      createStorageFront({
        accounts: new Map([[account.name, account]]),
        identity,
        roles,
        strictTenants: false,
        faults: NO_FAULTS,
        azuriteSocket: azurite.blobSocket,
        clock,
        authorityUrl: 'https://127.0.0.1:1',
      }),
      { port: 0, tls: { cert: leaf.chainPem, key: leaf.privateKeyPem } },
    );
  });

  after(async () => {
    await blobs.close();
    await azurite.stop();
  });

  async function login(name: string): Promise<Login> {
    const tenant = identity.directory.tenant('fabrikam')!;
    const { application, principalId } = await identity.directory.addLogin(tenant, name);
    const subject = { tenantId: tenant.id, principalId, clientId: application.clientId };
    const getToken = async (scope: string | string[]) => {
      const resource = [scope].flat()[0]!.replace(/\/\.default$/, '');
      const { token, expiresOn } = await identity
        .grantManagedIdentity({ ...subject, resourceId: '' }, '', resource)
        .then((issued) => issued!);
      return { token, expiresOnTimestamp: expiresOn * 1000 };
    };
    return { principalId, credential: { getToken } };
  }

  /* `tlsOptions` works at run time and is missing from the SDK's type. */
  const options = (): StoragePipelineOptions =>
    ({ tlsOptions: { ca }, retryOptions: { maxTries: 1 } }) as StoragePipelineOptions;
  const clientOf = ({ credential }: Login): BlobServiceClient =>
    new BlobServiceClient(`${blobs.url}/${account.name}`, credential, options());
  const anonymous = (url: string): BlobServiceClient =>
    new BlobServiceClient(url, new AnonymousCredential(), options());
  const refused = (status: number, code: string) => (error: unknown) => {
    const { statusCode, details } = error as { statusCode: number; details?: { errorCode?: string } };
    assert.deepEqual([statusCode, details?.errorCode], [status, code]);
    return true;
  };

  it('takes bearer tokens, keeps blobs and answers conditions', async () => {
    const container = clientOf(owner).getContainerClient('cleanroom');
    await container.create();
    const blob = container.getBlockBlobClient('notes.sealed');
    await blob.upload('sealed text', 11);
    assert.equal((await blob.downloadToBuffer()).toString(), 'sealed text');
    await assert.rejects(
      blob.upload('other', 5, { conditions: { ifNoneMatch: '*' } }),
      refused(409, 'BlobAlreadyExists'),
    );
    const { etag } = await blob.getProperties();
    await blob.upload('second', 6, { conditions: { ifMatch: etag! } });
    await assert.rejects(
      blob.upload('third', 5, { conditions: { ifMatch: etag! } }),
      refused(412, 'ConditionNotMet'),
    );
    const names: string[] = [];
    for await (const item of container.listBlobsFlat()) names.push(item.name);
    assert.deepEqual(names, ['notes.sealed']);
  });

  it('streams blocks of many megabytes', async () => {
    const blob = clientOf(owner).getContainerClient('cleanroom').getBlockBlobClient('large');
    const bytes = randomBytes(20 * 1024 * 1024);
    await blob.uploadData(bytes, { blockSize: 4 * 1024 * 1024, concurrency: 4, maxSingleShotSize: 1 });
    assert.ok(bytes.equals(await blob.downloadToBuffer()));
    assert.ok(bytes.subarray(5_000_000, 5_000_010).equals(await blob.downloadToBuffer(5_000_000, 10)));
  });

  it('refuses an identity without a role, as Azure does', async () => {
    const container = clientOf(host).getContainerClient('cleanroom');
    await assert.rejects(
      container.getBlockBlobClient('notes.sealed').downloadToBuffer(),
      refused(403, 'AuthorizationPermissionMismatch'),
    );
    await assert.rejects(
      clientOf(host).getContainerClient('other').create(),
      refused(403, 'AuthorizationPermissionMismatch'),
    );
  });

  it('lets a role on one container reach that container only, and read no more than read', async () => {
    const reader = await login('reader');
    const scope = `${account.resourceId}/blobServices/default/containers/cleanroom`;
    await roles.assign(reader.principalId, STORAGE_ROLES.blobDataReader, scope);
    await clientOf(owner).getContainerClient('private').create();
    await clientOf(owner).getContainerClient('private').getBlockBlobClient('b').upload('x', 1);
    const blob = clientOf(reader).getContainerClient('cleanroom').getBlockBlobClient('notes.sealed');
    assert.equal((await blob.downloadToBuffer()).toString(), 'second');
    await assert.rejects(blob.upload('x', 1), refused(403, 'AuthorizationPermissionMismatch'));
    await assert.rejects(
      clientOf(reader).getContainerClient('private').getBlockBlobClient('b').downloadToBuffer(),
      refused(403, 'AuthorizationPermissionMismatch'),
    );
  });

  it('does not let a copy read what its caller may not', async () => {
    const writer = await login('writer');
    const scope = `${account.resourceId}/blobServices/default/containers/cleanroom`;
    await roles.assign(writer.principalId, STORAGE_ROLES.blobDataContributor, scope);
    const target = clientOf(writer).getContainerClient('cleanroom').getBlockBlobClient('copy');
    await assert.rejects(
      target.syncCopyFromURL(`${blobs.url}/${account.name}/private/b`),
      refused(403, 'AuthorizationPermissionMismatch'),
    );
  });

  it('refuses a token for another resource, a forged one and an expired one', async () => {
    const withToken = (token: string): BlobServiceClient =>
      clientOf({
        principalId: '',
        credential: { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 1e6 }) },
      });
    const read = (client: BlobServiceClient): Promise<unknown> =>
      client.getContainerClient('cleanroom').getProperties();
    const { token: vault } = await owner.credential.getToken(`${RESOURCES.managedHsm}/.default`);
    await assert.rejects(read(withToken(vault)), refused(401, 'InvalidAuthenticationInfo'));
    const { token } = await owner.credential.getToken(`${RESOURCES.storage}/.default`);
    const [header, , signature] = token.split('.');
    const claims = Buffer.from(JSON.stringify({ aud: RESOURCES.storage, oid: owner.principalId })).toString(
      'base64url',
    );
    await assert.rejects(
      read(withToken(`${header!}.${claims}.${signature!}`)),
      refused(401, 'InvalidAuthenticationInfo'),
    );
    now = () => new Date(Date.now() + 25 * 3_600_000);
    try {
      await assert.rejects(read(withToken(token)), refused(401, 'InvalidAuthenticationInfo'));
    } finally {
      now = () => new Date();
    }
  });

  it('refuses a request without token, key or signature', async () => {
    const blob = anonymous(`${blobs.url}/${account.name}`)
      .getContainerClient('cleanroom')
      .getBlockBlobClient('large');
    await assert.rejects(blob.downloadToBuffer(), refused(401, 'NoAuthenticationInformation'));
  });

  it('passes shared keys and service SAS for https on to Azurite', async () => {
    const key = new StorageSharedKeyCredential(account.name, account.key);
    const client = new BlobServiceClient(`${blobs.url}/${account.name}`, key, options());
    const blob = client.getContainerClient('cleanroom').getBlockBlobClient('notes.sealed');
    assert.equal((await blob.downloadToBuffer()).toString(), 'second');
    const sas = generateBlobSASQueryParameters(
      {
        containerName: 'cleanroom',
        blobName: 'notes.sealed',
        permissions: BlobSASPermissions.parse('r'),
        protocol: SASProtocol.Https,
        expiresOn: new Date(Date.now() + 60_000),
      },
      key,
    ).toString();
    const withSas = anonymous(`${blobs.url}/${account.name}?${sas}`)
      .getContainerClient('cleanroom')
      .getBlockBlobClient('notes.sealed');
    assert.equal((await withSas.downloadToBuffer()).toString(), 'second');
    await assert.rejects(withSas.upload('x', 1), refused(403, 'AuthorizationPermissionMismatch'));
  });

  it('says AuthenticationFailed of a shared key or service SAS that does not hold, as Azure does', async () => {
    const key = new StorageSharedKeyCredential(account.name, account.key);
    const wrong = new StorageSharedKeyCredential(account.name, randomBytes(64).toString('base64'));
    const sas = (credential: StorageSharedKeyCredential, expiresOn: Date): string =>
      generateBlobSASQueryParameters(
        { containerName: 'cleanroom', permissions: ContainerSASPermissions.parse('r'), expiresOn },
        credential,
      ).toString();
    const later = new Date(Date.now() + 60_000);
    for (const client of [
      new BlobServiceClient(`${blobs.url}/${account.name}`, wrong, options()),
      anonymous(`${blobs.url}/${account.name}?${sas(wrong, later)}`),
      anonymous(`${blobs.url}/${account.name}?${sas(key, new Date(Date.now() - 60_000))}`),
    ])
      await assert.rejects(
        client.getContainerClient('cleanroom').getBlockBlobClient('notes.sealed').downloadToBuffer(),
        refused(403, 'AuthenticationFailed'),
      );
  });

  describe('user delegation SAS', () => {
    let signer: Login;
    before(async () => {
      signer = await login('signer');
      await roles.assign(signer.principalId, STORAGE_ROLES.blobDelegator, account.resourceId);
      await roles.assign(
        signer.principalId,
        STORAGE_ROLES.blobDataReader,
        `${account.resourceId}/blobServices/default/containers/cleanroom`,
      );
    });

    const delegatedUrl = async (
      by: Login,
      { permissions, minutes = 10, version, sip }: Delegated,
    ): Promise<string> => {
      const starts = new Date(now().getTime() - 60_000);
      const ends = new Date(now().getTime() + minutes * 60_000);
      const key = await clientOf(by).getUserDelegationKey(starts, ends);
      const [start = '', end] = sip?.split('-') ?? [];
      const sas = generateBlobSASQueryParameters(
        {
          containerName: 'cleanroom',
          permissions: ContainerSASPermissions.parse(permissions),
          protocol: SASProtocol.Https,
          startsOn: starts,
          expiresOn: ends,
          ...(version === undefined ? {} : { version }),
          ...(sip === undefined ? {} : { ipRange: end === undefined ? { start } : { start, end } }),
        },
        key,
        account.name,
      ).toString();
      return `${blobs.url}/${account.name}?${sas}`;
    };
    const sasUrl = (permissions: string, minutes = 10): Promise<string> =>
      delegatedUrl(signer, { permissions, minutes });
    const notes = (
      url: string,
    ): ReturnType<ReturnType<BlobServiceClient['getContainerClient']>['getBlockBlobClient']> =>
      anonymous(url).getContainerClient('cleanroom').getBlockBlobClient('notes.sealed');

    it('reads within its permissions', async () => {
      assert.equal((await notes(await sasUrl('r')).downloadToBuffer()).toString(), 'second');
    });

    it('X1: grants no more than it says', async () => {
      await assert.rejects(
        notes(await sasUrl('l')).downloadToBuffer(),
        (error: { statusCode: number }) => error.statusCode === 403,
      );
    });

    it('X1: grants no more than its signer may do', async () => {
      await assert.rejects(
        notes(await sasUrl('rw')).upload('x', 1),
        refused(403, 'AuthorizationPermissionMismatch'),
      );
    });

    it('X1: is refused with a permission added, or another container', async () => {
      const url = await sasUrl('r');
      await assert.rejects(
        notes(url.replace('sp=r&', 'sp=rw&')).upload('x', 1),
        refused(403, 'AuthenticationFailed'),
      );
      await assert.rejects(
        anonymous(url).getContainerClient('private').getBlockBlobClient('b').downloadToBuffer(),
        refused(403, 'AuthenticationFailed'),
      );
    });

    it('X1: is refused after its time', async () => {
      const url = await sasUrl('r', 5);
      now = () => new Date(Date.now() + 6 * 60_000);
      try {
        await assert.rejects(notes(url).downloadToBuffer(), refused(403, 'AuthenticationFailed'));
      } finally {
        now = () => new Date();
      }
    });

    describe('that may create and not write', () => {
      const uploadWith = async (permissions: string, name: string, query = ''): Promise<HttpsAnswer> =>
        send('PUT', withPath(`${await writerSas(permissions)}${query}`, name));
      let writer: Login;
      before(async () => {
        writer = await login('writer');
        await roles.assign(writer.principalId, STORAGE_ROLES.blobDataOwner, account.resourceId);
      });
      const writerSas = async (permissions: string, version = '2025-07-05'): Promise<string> =>
        delegatedUrl(writer, { permissions, version });
      const withPath = (url: string, name: string): string => {
        const [base = '', query = ''] = url.split('?');
        return `${base}/cleanroom/${name}?${query}`;
      };
      const send = (method: string, url: string): Promise<HttpsAnswer> =>
        httpsCall(method, url, {
          ca,
          text: 'entry',
          headers: { 'x-ms-blob-type': 'BlockBlob', 'x-ms-version': '2025-07-05' },
        });

      it('X1: creates a blob once, and says 403 UnauthorizedBlobOverwrite from then on', async () => {
        assert.equal((await uploadWith('rc', 'entry.1')).status, 201);
        const again = await uploadWith('rc', 'entry.1');
        assert.deepEqual(
          [again.status, again.headers['x-ms-error-code']],
          [403, 'UnauthorizedBlobOverwrite'],
        );
        assert.equal((await uploadWith('rw', 'entry.1')).status, 201);
      });

      it('X1: lets one of ten that create it at once win, and nobody overwrite it', async () => {
        const answers = await Promise.all(Array.from({ length: 10 }, () => uploadWith('c', 'entry.2')));
        const statuses = answers.map(({ status }) => status).sort();
        assert.deepEqual(statuses, [201, ...Array.from({ length: 9 }, () => 403)]);
      });

      it('puts blocks from version 2026-04-06 on, and not before', async () => {
        const block = '&comp=block&blockid=MDA%3D';
        const old = await send('PUT', withPath(`${await writerSas('c')}${block}`, 'entry.3'));
        assert.deepEqual(
          [old.status, old.headers['x-ms-error-code']],
          [403, 'AuthorizationPermissionMismatch'],
        );
        const url = `${await writerSas('c', '2026-04-06')}${block}`;
        assert.equal((await send('PUT', withPath(url, 'entry.3'))).status, 201);
      });

      it("the room's client creates once, takes its own repeated try for done, and tells another's blob", async () => {
        const client = createBlobClient({ tlsRoots: ca });
        try {
          const [base = '', sas = ''] = (await writerSas('rc')).split('?');
          const entry = { url: `${base}/cleanroom/entry.4`, sas };
          const bytes = new TextEncoder().encode('mine');
          assert.equal(await client.create(entry, bytes), 'as-given');
          assert.equal(await client.create(entry, bytes), 'as-given');
          assert.equal(await client.create(entry, new TextEncoder().encode('thei')), 'of-somebody-else');
          assert.equal(await client.create(entry, new TextEncoder().encode('longer')), 'of-somebody-else');
        } finally {
          client.close();
        }
      });
    });

    it('X1: is refused from another address than it names', async () => {
      const url = await delegatedUrl(signer, { permissions: 'r', sip: '10.0.0.1-10.0.0.9' });
      await assert.rejects(notes(url).downloadToBuffer(), refused(403, 'AuthorizationSourceIPMismatch'));
      const here = await delegatedUrl(signer, { permissions: 'r', sip: '127.0.0.1' });
      assert.equal((await notes(here).downloadToBuffer()).toString(), 'second');
    });

    it('is of the version that its key was asked in, and of no other', async () => {
      const key = async (version: string): Promise<HttpsAnswer> => {
        const { token } = await signer.credential.getToken(`${RESOURCES.storage}/.default`);
        const ends = new Date(Date.now() + 60_000).toISOString();
        return httpsCall('POST', `${blobs.url}/${account.name}/?restype=service&comp=userdelegationkey`, {
          ca,
          token,
          text: `<KeyInfo><Start>${new Date(Date.now() - 60_000).toISOString()}</Start><Expiry>${ends}</Expiry></KeyInfo>`,
          headers: { 'x-ms-version': version },
        });
      };
      for (const version of ['2018-11-09', '2022-11-02', '2026-04-06', '2026-12-06'])
        assert.match((await key(version)).text, new RegExp(`<SignedVersion>${version}</SignedVersion>`));
      for (const version of ['2017-11-09', '2099-01-01', 'x'])
        assert.equal((await key(version)).headers['x-ms-error-code'], 'InvalidHeaderValue', version);
    });

    it('is taken by an account’s name as by its path', async () => {
      const [, sas = ''] = (await delegatedUrl(signer, { permissions: 'r' })).split('?');
      const { port } = new URL(blobs.url);
      const answer = await httpsCall('GET', `${blobs.url}/cleanroom/notes.sealed?${sas}`, {
        ca,
        headers: { host: `${account.name}.blob.localhost:${port}` },
      });
      assert.deepEqual([answer.status, answer.text], [200, 'second']);
    });

    it('X1: lets nobody do what the blob service does not have, whatever the role', async () => {
      const { token } = await owner.credential.getToken(`${RESOURCES.storage}/.default`);
      const url = `${blobs.url}/${account.name}/cleanroom/notes.sealed?comp=immutabilityPolicies`;
      const answer = await httpsCall('PUT', url, { ca, token });
      assert.deepEqual(
        [answer.status, answer.headers['x-ms-error-code']],
        [400, 'InvalidQueryParameterValue'],
      );
    });

    it('gives no key to an identity without the role, nor for more than seven days', async () => {
      const soon = new Date(Date.now() + 60_000);
      await assert.rejects(
        clientOf(host).getUserDelegationKey(new Date(), soon),
        refused(403, 'AuthorizationPermissionMismatch'),
      );
      const late = new Date(Date.now() + 8 * 86_400_000);
      await assert.rejects(
        clientOf(signer).getUserDelegationKey(new Date(), late),
        (error: { statusCode: number }) => error.statusCode === 400,
      );
    });
  });
});
