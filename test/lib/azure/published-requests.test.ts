// Every request that the product sends to Azure, through the adapters and the Azure SDKs, against the published REST specifications:
// path, method, version, parameters, headers and body. What they do not name is an error.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createAzureProbe } from '../../../src/lib/azure/azure-probe.js';
import { createBlobStore, createSasIssuer } from '../../../src/lib/azure/blob-store.js';
import { createBlockUploader } from '../../../src/lib/azure/block-uploader.js';
import { type Connection, openConnection } from '../../../src/lib/azure/connection.js';
import { createRoomOperator } from '../../../src/lib/azure/container-groups.js';
import { readKeyHolders } from '../../../src/lib/azure/key-holders.js';
import { assignKeyRoleToSelf } from '../../../src/lib/azure/key-roles.js';
import { openKeyVault } from '../../../src/lib/azure/key-vault.js';
import type { WireExchange } from '../../../src/lib/azure/recording/recorded-exchange.js';
import { openStoredBlob } from '../../../src/lib/azure/stored-blob.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { SILENT } from '../../../src/lib/base/progress.js';
import type { RunningEmulator } from '../../../src/lib/emulator/emulator.js';
import { MANAGED_HSM_ROLES } from '../../../src/lib/emulator/identity/role-definitions.js';
import { MAA_API_VERSION } from '../../../src/lib/emulator/sidecar/constants.js';
import { renderMaaRequest } from '../../../src/lib/emulator/sidecar/maa-client.js';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import type { ContainerGroupDescription } from '../../../src/lib/ports/container-group.js';
import type { NewKey } from '../../../src/lib/ports/key-vault.js';
import { checkHsm, checkStorage } from '../../../src/lib/parties/doctor/resource-checks.js';
import { checkHostRoles, type DoctorProfile } from '../../../src/lib/parties/doctor/service-checks.js';
import { openParty } from '../../../src/lib/attack-kit/stage/stage.js';
import { pushProgram, startTestEmulator } from '../../support/local-azure.js';
import { policyFor } from '../../support/local-vault.js';
import { ATTESTATION } from '../../support/published/attestation.js';
import { objectProblems, requestProblems, type SentRequest } from '../../support/published/check-request.js';
import type { Mappers } from '../../support/published-schema.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const { signal } = new AbortController();

describe('what is sent to Azure', function () {
  this.timeout(120_000);
  const directory = useTemporaryDirectory();
  const sent: SentRequest[] = [];
  let mappers: Mappers;
  let emulator: RunningEmulator;
  let owner: Connection;
  let host: Connection;

  before(async () => {
    const client = '../../../node_modules/@azure/arm-containerinstance/dist-esm/src/models/mappers.js';
    mappers = (await import(client)) as Mappers;
    emulator = await startTestEmulator(directory());
    [owner, host] = [await connectionAs('fabrikam'), await connectionAs('contoso')];
  });
  after(() => emulator.stop());
  beforeEach(() => sent.splice(0));

  const connectionAs = async (name: string): Promise<Connection> => {
    const { profile } = await openParty(
      { emulatorDirectory: emulator.directory },
      name,
      join(directory(), name),
    );
    const connection = await openConnection(profile);
    return { ...connection, recorder: (exchange) => Promise.resolve(void sent.push(...asSent(exchange))) };
  };
  const party = (name: string) => emulator.parties.find((entry) => entry.name === name)!;
  const allPublished = (): void => {
    assert.notEqual(sent.length, 0);
    assert.deepEqual(
      sent.flatMap((request) => requestProblems(request, mappers)),
      [],
    );
  };

  for (const where of ['vault', 'keyVault'] as const)
    it(`about keys of a ${where === 'vault' ? 'managed HSM' : 'key vault'} is published, for every call that there is`, async () => {
      const policy = policyFor('00'.repeat(32), emulator.endpoints.attestation);
      const key = (name: string, more: Partial<NewKey> = {}): NewKey => ({
        ...{ name, kind: 'RSA-HSM', size: 2048, operations: ['wrapKey'], tags: { dataset: 'notes' } },
        releasePolicy: { text: policy, immutable: true },
        ...more,
      });
      const [vault, called] = watched(await openKeyVault(owner, party('fabrikam')[where]));
      const made = await vault.create(key('notes'));
      const material = freshKeyPairSync({ type: 'rsa', bits: 2048 }).privateKey.export({ format: 'jwk' });
      const brought = await vault.importKey(key('brought'), material);
      await vault.create(key('curved', { kind: 'EC-HSM', curve: 'P-256', operations: ['sign'] }));
      await vault.get('notes', null);
      await vault.get('notes', made.version);
      await vault.attestation(made);
      await vault.versions('notes');
      await vault.tag(made, { dataset: 'minutes' });
      await vault.setEnabled('notes', made.version, 'disabled');
      const signing = await vault.createSigningKey('consent');
      await vault.signEs256(signing, createHash('sha256').update('x').digest());
      await assert.rejects(vault.release('brought', brought.version, 'a.b.c'));
      assert.deepEqual(called(), []);
      allPublished();
    });

  it('about who holds keys is published', async () => {
    await readKeyHolders(owner, party('fabrikam').vault);
    await readKeyHolders(owner, party('fabrikam').keyVault);
    await assignKeyRoleToSelf(owner, party('fabrikam').vault, MANAGED_HSM_ROLES.cryptoUser.id).catch(
      () => undefined,
    );
    assert.ok(sent.some(({ method, path }) => method === 'PUT' && path.includes('roleAssignments')));
    allPublished();
  });

  it('is refused by this test where it has what is not published, or lacks what is demanded', () => {
    const at = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/room';
    const key = (change: Partial<SentRequest>): SentRequest => ({
      ...{
        service: 'managed-hsm',
        method: 'POST',
        path: '/keys/notes/create',
        headers: { authorization: 'x' },
      },
      ...{ query: { 'api-version': '2025-07-01' }, body: '{"kty":"RSA-HSM"}', ...change },
    });
    const blob = (change: Partial<SentRequest>): SentRequest => ({
      ...{ service: 'blob-storage', method: 'PUT', path: '/c/b', query: {}, body: null },
      headers: { 'x-ms-version': '2026-04-06', 'x-ms-blob-type': 'BlockBlob' },
      ...change,
    });
    const group = (change: Partial<SentRequest>): SentRequest => ({
      ...{ service: 'resource-manager', method: 'GET', path: at, headers: {}, body: null },
      query: { 'api-version': '2023-05-01' },
      ...change,
    });
    const version = { 'x-ms-version': '2026-04-06' };
    for (const good of [key({}), blob({}), group({})]) assert.deepEqual(requestProblems(good, mappers), []);
    const cases: readonly (readonly [RegExp, SentRequest])[] = [
      [/no such operation/, key({ path: '/keys/notes//release' })],
      [/no such operation/, key({ path: '/keys/notes/Create' })],
      [/no such operation/, key({ method: 'PUT' })],
      [/no such operation/, key({ service: 'resource-manager' })],
      [/without a version/, key({ query: {} })],
      [/version 7\.0 is none/, key({ query: { 'api-version': '7.0' } })],
      [/parameter \$top is not published/, key({ query: { 'api-version': '2025-07-01', $top: '1' } })],
      [/body is missing/, key({ body: '' })],
      [/kty is missing/, key({ body: '{}' })],
      [/"RSA-HMS" is not published/, key({ body: '{"kty":"RSA-HMS"}' })],
      [/key_ops\[0\]: "release" is not published/, key({ body: '{"kty":"RSA","key_ops":["release"]}' })],
      [/releasePolicy is not published/, key({ body: '{"kty":"RSA","releasePolicy":{}}' })],
      [/created is not published/, key({ body: '{"kty":"RSA","attributes":{"created":1}}' })],
      [/key_size: no whole number/, key({ body: '{"kty":"RSA","key_size":"2048"}' })],
      [/exportable: neither/, key({ body: '{"kty":"RSA","attributes":{"exportable":"true"}}' })],
      [/key_ops: no list/, key({ body: '{"kty":"RSA","key_ops":"sign"}' })],
      [/tags: no texts/, key({ body: '{"kty":"RSA","tags":{"a":1}}' })],
      [/attributes is no object/, key({ body: '{"kty":"RSA","attributes":[]}' })],
      [/constructor is not published/, key({ body: '{"kty":"RSA","constructor":{}}' })],
      [/a body that is not published/, key({ path: '/keys/notes/rotate', body: '{}' })],
      [/without a version/, blob({ headers: { 'x-ms-blob-type': 'BlockBlob' } })],
      [/x-ms-blob-type is missing/, blob({ headers: version })],
      [/x-ms-blob-type: a value/, blob({ headers: { ...version, 'x-ms-blob-type': 'Blob' } })],
      [
        /x-ms-force is not/,
        blob({ headers: { ...version, 'x-ms-blob-type': 'BlockBlob', 'x-ms-force': '1' } }),
      ],
      [/parameter comp/, blob({ query: { comp: 'blocks' } })],
      [
        /element Uncommited is not/,
        blob({
          query: { comp: 'blocklist' },
          headers: version,
          body: '<BlockList><Uncommited>a</Uncommited></BlockList>',
        }),
      ],
      [/version 2023-05-02 is none/, group({ query: { 'api-version': '2023-05-02' } })],
      [/no such operation/, group({ path: `${at}/again` })],
      [/properties\.sku2: unknown/, group({ method: 'PUT', body: '{"properties":{"sku2":"x"}}' })],
    ];
    for (const [expected, request] of cases)
      assert.match(requestProblems(request, mappers).join('\n'), expected, JSON.stringify(request));
  });

  it('by key release sidecars to the attestation service has two things that are not published, as Microsoft’s own sends them', () => {
    const evidence = {
      report: Buffer.alloc(1184),
      certificates: { chain: 'PEM', tcbm: '' },
      referenceInfo: 'AA==',
    };
    const body = JSON.parse(renderMaaRequest(evidence, Buffer.from('{}'))) as unknown;
    assert.deepEqual(objectProblems(ATTESTATION, 'AttestSevSnpVmRequest', body, 'body'), [
      'body.initTimeData.dataType: "" is not published',
      'body.nonce: no text',
    ]);
    assert.ok(ATTESTATION.versions.includes(MAA_API_VERSION));
  });

  it('about blobs is published, for every call that there is, by a login and by a SAS', async () => {
    const account = party('fabrikam').storageAccount;
    const blob = (name: string) => ({ account, container: 'texts', name });
    const [blobs, called] = watched(createBlobStore(owner));
    const bytes = Buffer.from('a text');
    await blobs.ensureContainer(blob('entry'));
    const etag = await blobs.write(blob('entry'), bytes, 'create');
    await blobs.write(blob('entry'), bytes, { etag: etag ?? '' });
    await blobs.write(blob('entry'), bytes, 'replace');
    await blobs.read(blob('entry'), 100);
    await blobs.readRange(blob('entry'), 1, 2);
    await blobs.etag(blob('entry'));
    await blobs.preserve(blob('entry'), { reason: 'kept' });
    assert.deepEqual(called(), []);

    const path = join(directory(), 'notes.sealed');
    const header = Buffer.from(`${'h'.repeat(99)}\n`);
    const payload = Buffer.alloc(3000, 7);
    writeFileSync(path, Buffer.concat([header, payload]));
    const file = { path, header: digestOf(header), payload: digestOf(payload) };
    const expiresAt = new Date(Date.now() + 600_000);
    const query = await createSasIssuer(owner).issue({
      ...{ blob: blob('notes'), scope: 'container', permissions: 'rcw', expiresAt },
    });
    const grant = { account, container: 'texts', query };
    const upload = createBlockUploader(owner, grant);
    await upload(file, { blob: blob('notes'), over: 'nothing' }, { progress: SILENT, signal });
    await upload(file, { blob: blob('notes'), over: 'nothing' }, { progress: SILENT, signal });
    const stored = await openStoredBlob(owner, blob('notes'), grant);
    await stored.read(0, 100);
    await stored.replaceHeader(header, header);
    assert.ok(sent.some((request) => request.query['comp'] === 'blocklist' && request.method === 'GET'));
    allPublished();
  });

  it('about container groups is published, for every call that there is', async () => {
    const { reference: image } = await pushProgram(
      emulator,
      'idle',
      "process.on('SIGTERM', () => process.exit()); setInterval(() => undefined, 1000);\n",
    );
    const { subscription, resourceGroup, roomIdentity } = party('contoso');
    const group: ContainerGroupDescription = {
      ...{ name: 'plain', location: 'westeurope', tags: { a: 'b' }, identity: roomIdentity, ccePolicy: null },
      ...{
        restartPolicy: 'Never',
        registries: [],
        volumes: [],
        publicPorts: [8501],
        dnsNameLabel: 'published',
      },
      containers: [
        {
          ...{ name: 'app', image, command: null, ports: [8501], cpu: 1, memoryGiB: 1, unprivileged: false },
          ...{ environment: [{ name: 'SECRET', value: 'x', secure: true }], writesFiles: true, mounts: [] },
          ...{ liveness: null, readiness: null },
        },
      ],
    };
    const [rooms, called] = watched(
      createRoomOperator(host, { subscription, resourceGroup }, { pollMs: 10 }),
    );
    await rooms.apply(group, { signal });
    await rooms.differences(group);
    await rooms.list();
    await rooms.logs('plain', 'app', null);
    await rooms.logs('plain', 'app', 20);
    await rooms.restart('plain', signal);
    await rooms.remove('plain', signal);
    await rooms.get('plain');
    assert.deepEqual(called(), []);
    allPublished();
  });

  it('by doctor is published', async () => {
    const { subscription, resourceGroup, roomIdentity } = party('contoso');
    const { vault, storageAccount } = party('contoso');
    const endpoints = { authority: '', resourceManager: '', attestation: '', registries: [] };
    const place = { subscription, resourceGroup, roomIdentity, region: 'westeurope', storageAccount };
    const profile: DoctorProfile = { ...place, vault, endpoints };
    const probe = createAzureProbe(host, { subscription });
    await probe.containerSystems('westeurope');
    await checkHsm(profile, probe);
    await checkStorage(profile, probe);
    await checkHostRoles(profile, probe);
    assert.equal(sent.length, 5);
    allPublished();
  });
});

const digestOf = (bytes: Uint8Array) => ({ bytes: bytes.length, sha256: sha256Hex(bytes) });

/* Logins are no operation of a REST specification, and an address that is only tried is none either. */
function asSent({ service, method, url, requestHeaders, requestBody }: WireExchange): readonly SentRequest[] {
  if (service === 'token-endpoint' || service === 'attestation' || service === 'other') return [];
  const { pathname, searchParams } = new URL(url);
  const path = service === 'blob-storage' ? pathname.replace(/^\/[^/]+/, '') || '/' : pathname;
  const query = Object.fromEntries(
    [...searchParams].map(([name, value]) => [decodeURIComponent(name), value]),
  );
  return [{ service, method, path, query, headers: requestHeaders, body: requestBody.text }];
}

/* A port whose calls are counted: the names of those that were not called. */
function watched<Port extends object>(port: Port): readonly [Port, () => readonly string[]] {
  const left = new Set(
    Object.entries(port).flatMap(([name, member]) => (typeof member === 'function' ? [name] : [])),
  );
  const counted = new Proxy(port, {
    get: (target, name, receiver) => {
      left.delete(String(name));
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  return [counted, () => [...left]];
}
