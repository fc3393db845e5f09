import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { parse as parseYaml } from 'yaml';

import {
  CONTROL_PLANE_ROLES,
  KEY_VAULT_ROLES,
  MANAGED_HSM_ROLES,
  STORAGE_ROLES,
} from '../../../../src/lib/emulator/identity/role-definitions.js';
import { writeNewFiles } from '../../../../src/lib/base/files/write-new-files.js';
import { BUILT_IN_ROLES, RELEASE_ROLE } from '../../../../src/lib/parties/prerequisites/built-in-roles.js';
import type { PrerequisiteRequest } from '../../../../src/lib/parties/prerequisites/options.js';
import { renderPrerequisites } from '../../../../src/lib/parties/prerequisites/render-prerequisites.js';
import { compileBicep } from '../../../support/bicep.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

const REQUEST: PrerequisiteRequest = {
  party: 'party-2',
  name: 'fabrikam',
  resourceGroup: 'cleanroom',
  location: 'westeurope',
  keyService: 'managed-hsm',
  crossTenant: [],
  datasets: ['notes'],
  sasByAccountKey: false,
  recipients: [],
};

const RECIPIENTS = ['0f8fad5b-d9cb-469f-a165-70867728950e', '7c9e6679-7425-40de-944b-e07fc1f90ae7'];

const VARIANTS: readonly PrerequisiteRequest[] = (['party-1', 'party-2'] as const).flatMap((party) =>
  (['managed-hsm', 'key-vault-premium'] as const).flatMap((keyService) =>
    ([[], ['federated', 'sas'], ['access-token']] as const).map((crossTenant) => ({
      ...REQUEST,
      party,
      keyService,
      crossTenant,
      datasets: ['notes', 'minutes'],
      recipients: party === 'party-1' && crossTenant.length > 0 ? RECIPIENTS : [],
    })),
  ),
);

/* Stable versions of each resource type in the Azure template reference. */
const KNOWN_VERSIONS: Readonly<Record<string, string>> = {
  'Microsoft.Authorization/roleAssignments': '2022-04-01',
  'Microsoft.ContainerRegistry/registries': '2023-07-01',
  'Microsoft.KeyVault/managedHSMs': '2023-07-01',
  'Microsoft.KeyVault/vaults': '2023-07-01',
  'Microsoft.ManagedIdentity/userAssignedIdentities': '2023-01-31',
  'Microsoft.Storage/storageAccounts': '2023-05-01',
  'Microsoft.Storage/storageAccounts/blobServices': '2023-05-01',
  'Microsoft.Storage/storageAccounts/blobServices/containers': '2023-05-01',
};

interface ArmResource {
  readonly type: string;
  readonly apiVersion: string;
  readonly properties: Record<string, unknown>;
  readonly scope?: string;
}

function textOf(request: PrerequisiteRequest, name: string): string {
  return renderPrerequisites(request).files.find((file) => file.name === name)!.text;
}

function armOf(request: PrerequisiteRequest): { resources: ArmResource[]; parameters: object } {
  return JSON.parse(textOf(request, 'main.json')) as { resources: ArmResource[]; parameters: object };
}

interface Grant {
  readonly role: string;
  readonly principal: string;
  readonly scope: string;
}

/** Every role assignment of a template. */
function grantsOf(request: PrerequisiteRequest): readonly Grant[] {
  return armOf(request)
    .resources.filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments')
    .map(({ properties, scope }) => ({
      role: /'([0-9a-f-]{36})'/.exec(String(properties['roleDefinitionId']))![1]!,
      principal: String(properties['principalId']),
      scope: scope ?? 'the resource group',
    }));
}

describe('prerequisites', () => {
  const root = useTemporaryDirectory();
  const freshDirectory = (): string => mkdtempSync(join(root(), 'out-'));

  it('say the same in Bicep and in ARM, for each party, key service and way across tenants', () => {
    for (const request of VARIANTS)
      assert.deepEqual(
        compileBicep(textOf(request, 'main.bicep')),
        JSON.parse(textOf(request, 'main.json')),
        JSON.stringify(request),
      );
  });

  it('say at the head of the script what runs a meter, and that an HSM’s runs until it is purged', () => {
    const costOf = (changes: Partial<PrerequisiteRequest>): string =>
      /^# (Cost: .*)$/m.exec(textOf({ ...REQUEST, ...changes }, 'setup.sh'))?.[1] ?? '';
    assert.match(costOf({ keyService: 'managed-hsm' }), /Managed HSM by the hour.*PURGED/);
    assert.match(costOf({ keyService: 'key-vault-premium' }), /key vault by key and operation/);
    assert.match(costOf({ party: 'party-1' }), /registry by the day.*room by the second.*cleanroom destroy/);
    for (const changes of [{}, { keyService: 'key-vault-premium' }, { party: 'party-1' }] as const)
      assert.match(costOf(changes), /prices: https:\/\/azure\.microsoft\.com\/pricing\/details\//);
  });

  it('use resource types and API versions that Azure has', () => {
    for (const request of VARIANTS)
      for (const { type, apiVersion } of armOf(request).resources)
        assert.equal(apiVersion, KNOWN_VERSIONS[type], type);
  });

  it('give every parameter a value or a default, but the object ids that the script fills in', () => {
    for (const request of VARIANTS) {
      const { parameters } = JSON.parse(textOf(request, 'main.parameters.json')) as { parameters: object };
      const open = Object.keys(armOf(request).parameters).filter((name) => !(name in parameters));
      assert.deepEqual(
        open.filter((name) => name !== 'operatorObjectId' && name !== 'hostObjectId'),
        [],
      );
    }
  });

  it('name the built-in roles by the ids of those roles', () => {
    const named = {
      acrPull: CONTROL_PLANE_ROLES.registryPull,
      containerInstancesContributor: CONTROL_PLANE_ROLES.containerInstancesContributor,
      managedIdentityOperator: CONTROL_PLANE_ROLES.managedIdentityOperator,
      blobDataContributor: STORAGE_ROLES.blobDataContributor,
      blobDataReader: STORAGE_ROLES.blobDataReader,
      blobDelegator: STORAGE_ROLES.blobDelegator,
      keyVaultCryptoOfficer: KEY_VAULT_ROLES.cryptoOfficer,
    };
    for (const [name, role] of Object.entries(named))
      assert.equal(BUILT_IN_ROLES[name as keyof typeof named], role.id, name);
    assert.equal(RELEASE_ROLE['managed-hsm'], MANAGED_HSM_ROLES.cryptoServiceReleaseUser.name);
    assert.equal(RELEASE_ROLE['key-vault-premium'], KEY_VAULT_ROLES.cryptoServiceReleaseUser.name);
  });

  /* Learn: "Azure built-in roles" (Storage, Containers, Security, Identity), looked up and written here by hand. */
  it('assign roles by the ids that Microsoft publishes', () => {
    assert.deepEqual(BUILT_IN_ROLES, {
      acrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d',
      acrPush: '8311e382-0749-4cb8-b61a-304f252e45ec',
      containerInstancesContributor: '5d977122-f97e-4b4d-a52f-6b43003ddb4d',
      managedIdentityOperator: 'f1a07417-d97a-45cb-824c-7a7467783830',
      blobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
      blobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
      blobDelegator: 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a',
      keyVaultCryptoOfficer: '14b46e9e-c2b7-41b4-b07b-48a6ebf60603',
    });
  });

  it('let the room pull at the registry, and give its identity no other role', () => {
    const ofRoom = grantsOf({ ...REQUEST, party: 'party-1' }).filter(
      ({ principal }) => !principal.includes('operatorObjectId'),
    );
    assert.deepEqual(
      ofRoom.map(({ role }) => role),
      [BUILT_IN_ROLES.acrPull],
    );
    assert.match(ofRoom[0]!.scope, /Microsoft\.ContainerRegistry\/registries/);
    assert.match(ofRoom[0]!.principal, /userAssignedIdentities.*principalId/);
  });

  it('let each recipient read the container of the results, and nothing else', () => {
    const request = { ...REQUEST, party: 'party-1', recipients: RECIPIENTS } as const;
    const given = grantsOf(request).filter(({ principal }) => RECIPIENTS.includes(principal));
    assert.deepEqual(
      given.map(({ principal, role }) => [principal, role]),
      RECIPIENTS.map((principal) => [principal, BUILT_IN_ROLES.blobDataReader]),
    );
    for (const { scope } of given) assert.match(scope, /containers', .*'results'/);
  });

  it('close the storage account: TLS 1.2, nothing public, versions kept, no account key', () => {
    const { resources } = armOf(REQUEST);
    const properties = (type: string): Record<string, unknown> =>
      resources.find((resource) => resource.type === type)!.properties;
    const account = properties('Microsoft.Storage/storageAccounts');
    assert.equal(account['minimumTlsVersion'], 'TLS1_2');
    assert.equal(account['allowBlobPublicAccess'], false);
    assert.equal(account['allowSharedKeyAccess'], false);
    const blobs = properties('Microsoft.Storage/storageAccounts/blobServices');
    assert.equal(blobs['isVersioningEnabled'], true);
    for (const kept of ['deleteRetentionPolicy', 'containerDeleteRetentionPolicy'])
      assert.deepEqual(blobs[kept], { enabled: true, days: 7 }, kept);
    const [withKey] = armOf({ ...REQUEST, sasByAccountKey: true }).resources.filter(
      ({ type }) => type === 'Microsoft.Storage/storageAccounts',
    );
    assert.equal(withKey?.properties['allowSharedKeyAccess'], true);
  });

  it('I1: give a room no right to a key but release, at its own keys, and its host no right to the HSM', () => {
    for (const request of VARIANTS.filter(({ party }) => party === 'party-2')) {
      const script = textOf(request, 'setup.sh');
      const toRoom = script
        .split('\n')
        .filter((line) => /RELEASE_ID}"/.test(line) && !/^RELEASE_ID=/.test(line));
      assert.equal(toRoom.length, 2, 'one line a dataset');
      for (const line of toRoom) {
        assert.ok(line.includes(`'${RELEASE_ROLE[request.keyService]}'`), line);
        assert.match(line, /keys\/cleanroom-(?:notes|minutes)"?(?: |$)/);
      }
      const keyScoped = armOf(request).resources.filter(
        ({ type, properties }) =>
          type === 'Microsoft.Authorization/roleAssignments' &&
          JSON.stringify(properties).includes('hostObjectId') &&
          JSON.stringify(properties).includes(BUILT_IN_ROLES.keyVaultCryptoOfficer),
      );
      assert.deepEqual(keyScoped, []);
    }
  });

  it('give the host nothing in the data owner’s account where the blobs are reached by SAS', () => {
    assert.ok('hostObjectId' in armOf(REQUEST).parameters);
    assert.ok(!('hostObjectId' in armOf({ ...REQUEST, crossTenant: ['sas'] }).parameters));
  });

  it('register the room’s application at home and for several tenants, since no identity may stand in across tenants', () => {
    const script = textOf({ ...REQUEST, party: 'party-1', crossTenant: ['federated'] }, 'setup.sh');
    assert.match(script, /--sign-in-audience AzureADMultipleOrgs/);
    assert.match(script, /AzureADTokenExchange/);
    const other = textOf({ ...REQUEST, crossTenant: ['federated'] }, 'setup.sh');
    assert.match(other, /az ad sp create --id "\$ROOM_APPLICATION_ID"/);
    assert.doesNotMatch(other, /federated-credential/);
  });

  it('refuse two ways to one key, and names that Azure refuses', () => {
    const refused = (change: Partial<PrerequisiteRequest>): void =>
      assert.throws(() => renderPrerequisites({ ...REQUEST, ...change }), { code: 'USAGE' });
    refused({ crossTenant: ['federated', 'access-token'] });
    refused({ name: 'Fabrikam' });
    refused({ name: 'fabrikam-research-and-development' });
    refused({ location: '$(reboot)' });
    refused({ resourceGroup: "a'; reboot; '" });
    refused({ datasets: ['../notes'] });
    refused({ recipients: RECIPIENTS });
    refused({ party: 'party-1', recipients: ["a' 'b"] });
  });

  it('write nothing where one of the files is there already', async () => {
    const directory = freshDirectory();
    writeFileSync(join(directory, 'main.json'), 'mine');
    const { files } = renderPrerequisites(REQUEST);
    await assert.rejects(writeNewFiles(directory, files, 'refuse'), { code: 'FILE_EXISTS' });
    assert.equal(readFileSync(join(directory, 'main.json'), 'utf8'), 'mine');
    assert.ok(!existsSync(join(directory, 'setup.sh')));
    await writeNewFiles(directory, files, 'replace');
    assert.ok((statSync(join(directory, 'setup.sh')).mode & 0o111) !== 0);
  });

  /* az itself needs a subscription: what stands for it here writes down what it is asked. */
  it('run to their end as shell scripts, twice, with an az that answers', async function () {
    this.timeout(60_000);
    for (const request of VARIANTS.filter((_, index) => index % 3 !== 2)) {
      const directory = freshDirectory();
      await writeNewFiles(directory, renderPrerequisites(request).files, 'refuse');
      mkdirSync(join(directory, 'bin'));
      const az = join(directory, 'bin', 'az');
      writeFileSync(
        az,
        `#!/bin/sh\nprintf '%s\\n' "$*" >> '${directory}/az.log'\ncase "$*" in *length*) echo 0;; *) echo an-id;; esac\n`,
      );
      chmodSync(az, 0o755);
      for (const round of [1, 2]) {
        const done = spawnSync('bash', [join(directory, 'setup.sh')], {
          encoding: 'utf8',
          env: {
            PATH: `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`,
            AZURE_TENANT_ID: 'tenant-of-this-party',
            AZURE_SUBSCRIPTION_ID: 'a-subscription',
            HOST_OBJECT_ID: 'host',
            ROOM_PRINCIPAL_ID: 'room',
            ROOM_APPLICATION_ID: 'application',
          },
        });
        assert.equal(done.status, 0, `round ${round}: ${done.stderr}`);
      }
      const asked = readFileSync(join(directory, 'az.log'), 'utf8');
      assert.match(asked, /deployment group create .*--template-file main\.json .*operatorObjectId=an-id/);
      const config = parseYaml(readFileSync(join(directory, 'cleanroom.config.yaml'), 'utf8')) as {
        profiles: Record<string, { tenant: string }>;
      };
      assert.equal(Object.values(config.profiles)[0]?.tenant, 'tenant-of-this-party');
    }
  });

  it('end in a sentence where the script lacks az or an id', async () => {
    const directory = freshDirectory();
    await writeNewFiles(directory, renderPrerequisites(REQUEST).files, 'refuse');
    const bin = join(directory, 'bin');
    mkdirSync(bin);
    const said = (env: Record<string, string>): string =>
      spawnSync('/bin/bash', [join(directory, 'setup.sh')], { encoding: 'utf8', env: { PATH: bin, ...env } })
        .stderr;
    symlinkSync('/usr/bin/dirname', join(bin, 'dirname'));
    assert.match(said({}), /this script needs the Azure CLI \(az\): install it/);
    symlinkSync('/bin/true', join(bin, 'az'));
    assert.match(said({}), /AZURE_TENANT_ID: set it to the id of your tenant/);
    assert.match(said({ AZURE_TENANT_ID: 't' }), /AZURE_SUBSCRIPTION_ID: set it to the id of your subscr/);
  });
});
