// doctor against the local Azure, and on a machine with nothing.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { sha256Hex } from '../../src/lib/base/bytes/digest.js';
import type { Contract } from '../../src/lib/contract/schema.js';
import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import type { EmulatorParty } from '../../src/lib/emulator/published-files.js';
import { buildReleasePolicy } from '../../src/lib/contract/release-policy/build.js';
import { renderReleasePolicy } from '../../src/lib/contract/release-policy/grammar.js';
import type { DoctorLine } from '../../src/lib/parties/doctor/doctor-line.js';
import {
  judgeHsm,
  judgeKey,
  judgeSoftDelete,
  judgeStorage,
} from '../../src/lib/parties/doctor/resource-checks.js';
import type { AzureProbe } from '../../src/lib/ports/azure-probe.js';
import { checkRegion, type DoctorProfile, judgeClock } from '../../src/lib/parties/doctor/service-checks.js';
import { exampleContract } from '../support/contract.js';
import { credentialOf, startTestEmulator } from '../support/local-azure.js';
import { runCleanroom, runCleanroomJson, runCleanroomIn } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

/* Where the local Azure keeps its parties, with the keys of their accounts. */
const STATE_OF_PARTIES = 'state/parties.json';
const OTHER_CONTAINER = 'cleanroom-budget';

interface Diagnosed {
  readonly code: number;
  readonly healthy: boolean;
  readonly checks: readonly DoctorLine[];
  readonly paths: readonly { readonly id: string; readonly fix: string }[] | null;
}

async function diagnose(directory: string, ...argv: readonly string[]): Promise<Diagnosed> {
  const before = process.env['CLEANROOM_EMULATOR_DIR'];
  process.env['CLEANROOM_EMULATOR_DIR'] = directory;
  try {
    const { code, json, stderr } = await runCleanroomJson('doctor', ...argv);
    assert.ok(json['ok'] === true, stderr + JSON.stringify(json));
    return { code, ...(json['result'] as Omit<Diagnosed, 'code'>) };
  } finally {
    if (before === undefined) delete process.env['CLEANROOM_EMULATOR_DIR'];
    else process.env['CLEANROOM_EMULATOR_DIR'] = before;
  }
}

/** The example contract with a key and a blob at which only their owner, who is the recipient too, has roles. */
function rightsContract({ vault, storageAccount }: EmulatorParty): Contract {
  const contract = structuredClone(exampleContract());
  const [, owner] = ['contoso', 'fabrikam'].map((id) => contract.parties.find((one) => one.id === id)!);
  owner!.roles.push('recipient');
  contract.summary.recipients = ['fabrikam'];
  contract.datasets[0]!.key = { vault, name: 'cleanroom-rights' };
  contract.datasets[0]!.blob = { account: storageAccount, container: 'cleanroom', name: 'rights.sealed' };
  return contract;
}

function statusOf({ checks }: Pick<Diagnosed, 'checks'>, id: string): string | undefined {
  return checks.find((line) => line.id === id)?.status;
}

describe('doctor', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  let emulator: RunningEmulator;

  before(async () => {
    emulator = await startTestEmulator(join(root(), 'emulator'), {
      parties: ['contoso', 'fabrikam', 'tailspin'],
    });
  });
  after(() => emulator.stop());

  it('looks at this machine where there is neither profile nor local Azure, and says what it skipped', async () => {
    const found = await diagnose(join(root(), 'nothing'));
    assert.equal(found.code, 0);
    assert.equal(statusOf(found, 'NODE'), 'ok');
    const services = found.checks.find(({ id }) => id === 'SERVICES');
    assert.equal(services?.status, 'skip');
    assert.match(services.what, /no cleanroom\.config\.yaml/);
    assert.equal(found.paths, null);
  });

  it('finds the local Azure in order, for host and data owner', async () => {
    for (const party of ['contoso', 'fabrikam']) {
      const found = await diagnose(emulator.directory, '--profile', party);
      assert.deepEqual(
        found.checks.filter(({ status }) => status === 'fail'),
        [],
      );
      for (const id of ['REACH_LOGIN', 'REACH_VAULT', 'REACH_STORAGE', 'CLOCK', 'TOKEN_HSM', 'HSM_ACTIVATED'])
        assert.equal(statusOf(found, id), 'ok', id);
      for (const id of ['ROLES_ROOM', 'REGION', 'STORAGE_TLS', 'STORAGE_PUBLIC'])
        assert.equal(statusOf(found, id), 'ok', id);
      assert.equal(found.code, 0);
    }
  });

  it('says what the party pays for: its room from the contract, its vault from the profile', async () => {
    const path = join(root(), 'cost.yaml');
    writeFileSync(path, stringify(exampleContract()));
    const host = await diagnose(emulator.directory, '--profile', 'contoso', '-f', path);
    assert.match(
      host.checks.find(({ id }) => id === 'COST_ROOM')?.what ?? '',
      /^1 Confidential container group in westeurope: 2\.5 vCPU and 9 GiB while they run; prices: https:\/\/azure\.microsoft\.com\/pricing\//,
    );
    const owner = await diagnose(emulator.directory, '--profile', 'fabrikam');
    assert.match(
      owner.checks.find(({ id }) => id === 'COST_KEYS')?.what ?? '',
      /^a Managed HSM by the hour, used or not, until it is PURGED .*; prices: https:/,
    );
    const unknown = await diagnose(emulator.directory, '--profile', 'contoso');
    assert.equal(statusOf(unknown, 'COST_ROOM'), 'skip');
  });

  it('gives every line a reason, and a fix where something is to mend', async () => {
    const { checks } = await diagnose(emulator.directory, '--profile', 'contoso');
    for (const line of checks) {
      assert.ok(line.why.length > 10 && line.what.length > 3, line.id);
      assert.equal(line.fix !== '', line.status === 'fail' || line.status === 'warn', line.id);
    }
  });

  it('exits 4 with a login that is refused and a service that is not reached', async () => {
    const [contoso] = emulator.parties;
    const directory = join(root(), 'broken');
    mkdirSync(directory);
    writeFileSync(join(directory, 'wrong.secret'), 'wrong');
    writeFileSync(
      join(directory, 'cleanroom.config.yaml'),
      stringify({
        default: 'broken',
        profiles: {
          broken: {
            party: 'contoso',
            tenant: contoso!.tenantId,
            credential: { kind: 'client-secret', clientId: contoso!.clientId, secretFile: 'wrong.secret' },
            vault: '127.0.0.1:1',
            endpoints: {
              authority: emulator.endpoints.authority,
              resourceManager: emulator.endpoints.resourceManager,
            },
            tlsRoots: emulator.tlsRootsPath,
          },
        },
      }),
    );
    const done = await runCleanroomIn({ cwd: directory, env: { HOME: directory } }, ['doctor', '--json']);
    assert.equal(done.code, 4, done.stderr + done.stdout);
    const { checks } = (JSON.parse(done.stdout) as { result: Diagnosed }).result;
    assert.equal(statusOf({ checks }, 'TOKEN_HSM'), 'fail');
    assert.equal(statusOf({ checks }, 'REACH_VAULT'), 'fail');
    assert.equal(statusOf({ checks }, 'REACH_LOGIN'), 'ok');
  });

  it('I1, I2: lists the ways around attestation of a careless key, and each edge to cut', async () => {
    const fabrikam = emulator.parties.find(({ name }) => name === 'fabrikam')!;
    const { KeyClient } = await import('@azure/keyvault-keys');
    const client = new KeyClient(`https://${fabrikam.vault}`, await credentialOf(emulator, 'fabrikam'), {
      disableChallengeResourceVerification: true,
      tlsOptions: { ca: [await readFile(emulator.tlsRootsPath, 'utf8')] },
    });
    const policy = {
      version: '1.0.0',
      anyOf: [
        {
          authority: emulator.endpoints.attestation,
          allOf: [{ claim: 'x-ms-sevsnpvm-hostdata', equals: 'ab'.repeat(32) }],
        },
      ],
    };
    await client.createKey('cleanroom-notes', 'RSA-HSM', {
      exportable: true,
      keyOps: ['encrypt', 'decrypt', 'unwrapKey'],
      releasePolicy: { encodedPolicy: Buffer.from(JSON.stringify(policy)), immutable: false },
    });
    const contract = structuredClone(exampleContract());
    contract.datasets[0]!.key = { vault: fabrikam.vault, name: 'cleanroom-notes' };
    contract.datasets[0]!.blob.account = fabrikam.storageAccount;
    contract.room.resultBlob.account = emulator.parties[0]!.storageAccount;
    const path = join(root(), 'contract.yaml');
    writeFileSync(path, stringify(contract));

    const found = await diagnose(emulator.directory, '--profile', 'fabrikam', '-f', path, '--as', 'party-2');
    assert.equal(found.code, 4);
    assert.equal(statusOf(found, 'KEY_SETTINGS'), 'fail');
    const ids = (found.paths ?? []).map(({ id }) => id);
    assert.ok(ids.includes('PATH_MUTABLE_POLICY'), ids.join());
    assert.ok(found.paths?.every(({ fix }) => fix !== ''));

    const host = await diagnose(emulator.directory, '--profile', 'contoso', '-f', path, '--as', 'party-1');
    const unseen = host.checks.find(({ id }) => id === 'UNATTESTED_PATHS');
    assert.equal(unseen?.status, 'skip');
    assert.match(unseen.what, /ask fabrikam/);
  });

  it('finds that a data owner may read and write its blob and make its key, and as a recipient read the result', async () => {
    const fabrikam = emulator.parties.find(({ name }) => name === 'fabrikam')!;
    const contract = rightsContract(fabrikam);
    const results = emulator.parties.find(({ name }) => name === 'contoso')!.storageAccount;
    contract.room.resultBlob = { account: results, container: 'results', name: 'notes' };
    const path = join(root(), 'rights.yaml');
    writeFileSync(path, stringify(contract));
    const found = await diagnose(emulator.directory, '--profile', 'fabrikam', '-f', path);
    for (const id of ['BLOB_READ', 'BLOB_WRITE', 'KEY_ROLE', 'RESULT_READ'])
      assert.equal(statusOf(found, id), 'ok', JSON.stringify(found.checks.find((line) => line.id === id)));
    const again = await diagnose(emulator.directory, '--profile', 'fabrikam', '-f', path);
    assert.match(
      again.checks.find(({ id }) => id === 'BLOB_READ')!.what,
      /not there yet/,
      'asking wrote nothing',
    );
  });

  it('finds that a login without roles is refused at blob, key and result, and says which role it lacks', async () => {
    const party = (name: string) => emulator.parties.find((entry) => entry.name === name)!;
    const [fabrikam, tailspin] = [party('fabrikam'), party('tailspin')];
    const directory = join(root(), 'stranger');
    mkdirSync(directory);
    const contract = rightsContract(fabrikam);
    contract.room.resultBlob = { account: fabrikam.storageAccount, container: 'results', name: 'notes' };
    writeFileSync(join(directory, 'contract.yaml'), stringify(contract));
    writeFileSync(
      join(directory, 'cleanroom.config.yaml'),
      stringify({
        default: 'fabrikam',
        profiles: {
          fabrikam: {
            party: 'fabrikam',
            tenant: tailspin.tenantId,
            credential: {
              kind: 'client-secret',
              clientId: tailspin.clientId,
              secretFile: tailspin.secretFile,
            },
            vault: fabrikam.vault,
            storageAccount: fabrikam.storageAccount,
            endpoints: {
              authority: emulator.endpoints.authority,
              resourceManager: emulator.endpoints.resourceManager,
              attestation: emulator.endpoints.attestation,
            },
            tlsRoots: emulator.tlsRootsPath,
            verifyChallengeResource: false,
          },
        },
      }),
    );
    const done = await runCleanroomIn({ cwd: directory, env: { HOME: directory } }, [
      ...['doctor', '-f', 'contract.yaml', '--json'],
    ]);
    assert.equal(done.code, 4, done.stdout + done.stderr);
    const { checks } = (JSON.parse(done.stdout) as { result: Diagnosed }).result;
    for (const [id, role] of [
      ['BLOB_READ', 'Storage Blob Data Contributor'],
      ['BLOB_WRITE', 'Storage Blob Data Contributor'],
      ['KEY_ROLE', 'Managed HSM Crypto User'],
      ['RESULT_READ', 'Storage Blob Data Reader'],
    ] as const) {
      const line = checks.find((entry) => entry.id === id)!;
      assert.equal(line.status, 'fail', JSON.stringify(line));
      assert.match(line.what, /403|forbidden|not authorized|permission/i);
      assert.ok(line.fix.includes(role), line.fix);
    }
  });

  it('I2: lists the ways around attestation in an exported key, roles and SAS, without profile or vault', async () => {
    const exposure = {
      key: {
        id: 'https://fabrikam.managedhsm.azure.net/keys/cleanroom-notes/1',
        kty: 'RSA-HSM',
        operations: ['unwrapKey'],
        exportable: true,
        imported: false,
        releasePolicy: null,
      },
      owners: ['owner'],
      assignments: [{ principal: 'stranger', role: 'Managed HSM Crypto User', scope: '/keys' }],
    };
    const file = join(root(), 'exposure.json');
    writeFileSync(file, JSON.stringify(exposure));
    const found = await diagnose(join(root(), 'nothing'), '--exposure', file);
    assert.equal(found.code, 4);
    assert.ok(JSON.stringify(found.paths).includes('stranger'), JSON.stringify(found.paths));
    assert.ok(found.paths?.every(({ fix }) => fix !== ''));

    writeFileSync(file, JSON.stringify({ ...exposure, unknown: true }));
    const { code, json } = await runCleanroomJson('doctor', '--exposure', file);
    assert.equal(code, 3, JSON.stringify(json));
  });

  it('passes only regions that Microsoft’s documentation names for confidential containers; others are a warning', async () => {
    const region = async (name: string, systems: readonly string[]): Promise<string> => {
      const probe = { containerSystems: () => Promise.resolve(systems) } as unknown as AzureProbe;
      return (await checkRegion({ region: name } as DoctorProfile, probe)).status;
    };
    for (const name of ['eastus', 'northeurope', 'westeurope', 'westus'])
      assert.equal(await region(name, ['Linux']), 'ok', name);
    assert.equal(await region('uaenorth', ['Linux']), 'warn');
    assert.equal(await region('westeurope', ['Windows']), 'fail');
  });

  it('X7: a SAS by account key reads the dataset’s container and does nothing else, and lies in a file of its owner', async () => {
    const fabrikam = emulator.parties.find(({ name }) => name === 'fabrikam')!;
    const contract = structuredClone(exampleContract());
    const blob = { account: fabrikam.storageAccount, container: 'cleanroom', name: 'shared.sealed' };
    contract.datasets[0]!.blob = blob;
    const path = join(root(), 'sas.yaml');
    writeFileSync(path, stringify(contract));
    const state = await readFile(join(emulator.directory, STATE_OF_PARTIES), 'utf8');
    const keys = [...state.matchAll(/"storageKey":\s*"([^"]+)"/g)].map(([, key]) => key!);
    const options = {
      tlsOptions: { ca: [await readFile(emulator.tlsRootsPath, 'utf8')] },
      retryOptions: { maxTries: 1 },
    };
    const { AnonymousCredential, BlobServiceClient } = await import('@azure/storage-blob');
    const login = new BlobServiceClient(blob.account, await credentialOf(emulator, 'fabrikam'), options);
    for (const name of [blob.container, OTHER_CONTAINER]) {
      const container = login.getContainerClient(name);
      await container.createIfNotExists();
      await container.getBlockBlobClient(blob.name).upload('sealed', 6);
    }

    const outcomes: number[][] = [];
    for (const key of [keys[emulator.parties.indexOf(fabrikam)]!, Buffer.alloc(64).toString('base64')]) {
      const [keyFile, out] = [join(root(), 'account.key'), join(root(), 'account.sas')];
      writeFileSync(keyFile, key);
      const { code, stdout } = await runCleanroom(
        ...['blob', 'sas', '-f', path, '--dataset', 'notes', '--account-key', keyFile, '--out', out],
      );
      assert.equal(code, 0);
      assert.doesNotMatch(stdout, /sig=/);
      assert.equal(statSync(out).mode & 0o777, 0o600);
      const sas = new BlobServiceClient(
        `${blob.account}?${readFileSync(out, 'utf8').trim()}`,
        new AnonymousCredential(),
        options,
      );
      const own = sas.getContainerClient(blob.container).getBlockBlobClient(blob.name);
      const other = sas.getContainerClient(OTHER_CONTAINER).getBlockBlobClient(blob.name);
      const statusOfCall = (call: Promise<{ _response: { status: number } }>): Promise<number> =>
        call.then(
          ({ _response }) => _response.status,
          (cause: unknown) => (cause as { statusCode?: number }).statusCode ?? 0,
        );
      outcomes.push([
        await statusOfCall(own.download()),
        await statusOfCall(own.upload('other', 5)),
        await statusOfCall(other.download()),
      ]);
    }
    assert.deepEqual(outcomes, [
      [200, 403, 403],
      [403, 403, 403],
    ]);

    const short = join(root(), 'short.key');
    writeFileSync(short, 'c2hvcnQ=');
    const refused = await runCleanroomJson(
      ...['blob', 'sas', '-f', path, '--dataset', 'notes', '--account-key', short, '--show'],
    );
    assert.equal((refused.json['error'] as { code: string }).code, 'ACCOUNT_KEY_INVALID');
  });

  it('says what is wrong with an account, an HSM, a clock and a key, as Azure describes them', () => {
    const failing = (lines: readonly DoctorLine[]): readonly string[] =>
      lines.filter(({ status }) => status === 'fail').map(({ id }) => id);
    assert.deepEqual(failing(judgeStorage({})), ['STORAGE_TLS', 'STORAGE_PUBLIC']);
    assert.deepEqual(
      failing(judgeStorage({ minimumTlsVersion: 'TLS1_2', allowBlobPublicAccess: false })),
      [],
    );
    const modern = { minimumTlsVersion: 'TLS1_2', allowBlobPublicAccess: false };
    for (const closed of [
      { publicNetworkAccess: 'Disabled' },
      { publicNetworkAccess: 'SecuredByPerimeter' },
      { networkAcls: { defaultAction: 'Deny' } },
    ])
      assert.deepEqual(failing(judgeStorage({ ...modern, ...closed })), ['STORAGE_NETWORK']);
    const kept = { enabled: true, days: 7 };
    const deleted = (properties: object) => judgeSoftDelete({ properties });
    assert.equal(deleted({ deleteRetentionPolicy: kept, containerDeleteRetentionPolicy: kept }).status, 'ok');
    assert.match(deleted({ deleteRetentionPolicy: kept }).what, /gone: containers$/);
    assert.match(
      deleted({ containerDeleteRetentionPolicy: { enabled: false } }).what,
      /containers and blobs$/,
    );
    const hsm = (activationStatus: string): string =>
      judgeHsm('h', {
        hsmUri: '',
        provisioningState: 'Succeeded',
        securityDomainProperties: { activationStatus },
      }).status;
    assert.deepEqual([hsm('Active'), hsm('NotActivated'), hsm('Unknown')], ['ok', 'fail', 'skip']);
    assert.deepEqual(
      [[2, -4], [-301], [301, 2], []].map((skews) => judgeClock(skews).status),
      ['ok', 'fail', 'fail', 'skip'],
    );
    const policy = buildReleasePolicy({
      policyHash: sha256Hex('a policy'),
      authorities: ['https://sharedweu.weu.attest.azure.net'],
      guestSvn: 2,
    });
    const key = {
      kty: 'RSA-HSM',
      exportable: true,
      enabled: true,
      operations: ['encrypt', 'wrapKey'],
      releasePolicy: { text: renderReleasePolicy(policy), immutable: true },
    };
    assert.equal(judgeKey('notes', key).status, 'ok');
    assert.equal(judgeKey('notes', { ...key, operations: ['unwrapKey'] }).status, 'fail');
    assert.equal(judgeKey('notes', { ...key, exportable: false }).status, 'fail');
    assert.equal(judgeKey('notes', { ...key, releasePolicy: null }).status, 'fail');
    const unread = { text: '{}', immutable: true };
    assert.equal(judgeKey('notes', { ...key, releasePolicy: unread }).status, 'fail');
  });
});
