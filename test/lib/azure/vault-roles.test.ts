// Roles of a key vault as Azure Resource Manager tells them: answers in its form, from a loopback server.

import assert from 'node:assert/strict';

import { findUnattestedPaths, type KeyExposure } from '../../../src/lib/evidence/unattested-paths.js';
import type { Connection } from '../../../src/lib/azure/connection.js';
import { readVaultRoles } from '../../../src/lib/azure/vault-roles.js';
import type { Json } from '../../../src/lib/base/bytes/canonical-json.js';
import { jsonResponse } from '../../../src/lib/emulator/http/messages.js';
import type { WireHandler } from '../../../src/lib/emulator/http/wire.js';
import { type LocalVault, startLocalVault } from '../../support/local-vault.js';
import { vaultConnection } from '../../support/vault-connection.js';

const HOST = 'fabrikam.vault.azure.net';
const VAULT = '/subscriptions/s/resourceGroups/r/providers/Microsoft.KeyVault/vaults/fabrikam';
const AUTHORIZATION = `${VAULT}/providers/Microsoft.Authorization`;
const SELF = 'fabrikam';

const OWNER = role('owner', 'Owner', { actions: ['*'] });
const CONTRIBUTOR = role('contributor', 'Contributor', {
  actions: ['*'],
  notActions: ['Microsoft.Authorization/*/Delete', 'Microsoft.Authorization/*/Write'],
});
const ADMINISTRATOR = role('administrator', 'Key Vault Administrator', {
  dataActions: ['Microsoft.KeyVault/vaults/*'],
});
const READER = role('reader', 'Reader', { actions: ['*/read'] });
const RELEASE = role('release', 'Room', { dataActions: ['Microsoft.KeyVault/vaults/keys/release/action'] });
const HARMLESS = role('harmless', 'Harmless', {
  dataActions: ['Microsoft.KeyVault/vaults/keys/*'],
  notDataActions: [
    'Microsoft.KeyVault/vaults/keys/decrypt/action',
    'Microsoft.KeyVault/vaults/keys/unwrap/action',
    'Microsoft.KeyVault/vaults/keys/backup/action',
    'Microsoft.KeyVault/vaults/keys/update/action',
    'Microsoft.KeyVault/vaults/keys/import/action',
  ],
});
const DEFINITIONS = [OWNER, CONTRIBUTOR, ADMINISTRATOR, READER, RELEASE, HARMLESS];

describe('roles of a key vault', function () {
  this.timeout(60_000);
  let local: LocalVault;
  before(async () => (local = await startLocalVault()));
  after(() => local.stop());

  const tables: readonly (readonly [string, Json[], readonly string[]])[] = [
    ['an owner of the subscription', [assignment('owner', '/subscriptions/s')], ['PATH_GRANT']],
    ['a Contributor, who turns roles into access policies', [assignment('contributor')], ['PATH_GRANT']],
    ['a role of the whole data plane', [assignment('administrator')], ['PATH_UNWRAP', 'PATH_BACKUP']],
    ['a role at another key', [assignment('administrator', `${VAULT}/keys/other`)], []],
    [
      'a role at the key',
      [assignment('administrator', `${VAULT}/keys/notes`)],
      ['PATH_UNWRAP', 'PATH_BACKUP'],
    ],
    ['a reader, and a room', [assignment('reader'), assignment('release')], []],
    ['a role from which all that opens is taken out', [assignment('harmless')], []],
    ['a role whose definition is not told', [assignment('unknown')], ['PATH_UNKNOWN_ROLE']],
  ];
  for (const [what, assignments, ids] of tables) {
    it(`are judged by their actions: ${what}`, async () => {
      assert.deepEqual(await pathsOf({ vault: {}, assignments }), ids);
    });
  }

  it('are its access policies where it keeps those, and then data actions of roles count for nothing', async () => {
    const vault = {
      enableRbacAuthorization: false,
      accessPolicies: [
        { objectId: 'contoso', permissions: { keys: ['Get', 'UnwrapKey'] } },
        { objectId: 'room', permissions: { keys: ['release'] } },
        { objectId: SELF, permissions: { keys: ['all'] } },
        { objectId: 'nobody', permissions: { secrets: ['all'] } },
      ],
    };
    assert.deepEqual(await pathsOf({ vault, assignments: [assignment('administrator')] }), ['PATH_UNWRAP']);
    const all = { ...vault, accessPolicies: [{ objectId: 'contoso', permissions: { keys: ['all'] } }] };
    assert.deepEqual(await pathsOf({ vault: all, assignments: [assignment('owner')] }), [
      'PATH_GRANT',
      'PATH_UNWRAP',
      'PATH_BACKUP',
    ]);
  });

  it('X3: are read to the last page, and from no other host than the profile names', async () => {
    let asked = 0;
    const foreign = await local.serve(() => {
      asked += 1;
      return Promise.resolve(jsonResponse(200, { value: [] }));
    });
    const next = `${foreign.url}${AUTHORIZATION}/roleAssignments?api-version=2022-04-01&$skiptoken=2`;
    const ids = await pathsOf({
      vault: {},
      assignments: [assignment('reader')],
      more: { link: next, assignments: [assignment('owner')] },
    });
    assert.deepEqual(ids, ['PATH_GRANT']);
    assert.equal(asked, 0);
  });

  it('cannot be read of a vault elsewhere, without a subscription, or without the right', async () => {
    const elsewhere = { vaultUri: 'https://other.vault.azure.net/' };
    await assert.rejects(pathsOf({ vault: elsewhere, assignments: [] }), { code: 'VAULT_ROLES_UNREAD' });
    const refuse: WireHandler = () =>
      Promise.resolve(jsonResponse(403, { error: { code: 'AuthorizationFailed' } }));
    const server = await local.serve(refuse);
    await assert.rejects(readVaultRoles(connectionTo(server.url), HOST), { code: 'SERVICE_FORBIDDEN' });
    const { subscription: _none, ...profile } = connectionTo(server.url).profile;
    assert.ok(_none !== undefined);
    const without = { ...connectionTo(server.url), profile };
    await assert.rejects(readVaultRoles(without, HOST), { code: 'VAULT_ROLES_UNREAD' });
  });

  interface Told {
    readonly vault: Readonly<Record<string, Json>>;
    readonly assignments: Json[];
    readonly more?: { readonly link: string; readonly assignments: Json[] };
  }

  async function pathsOf({ vault, assignments, more }: Told): Promise<readonly string[]> {
    const { url } = await local.serve(({ path, query, headers }) => {
      assert.match(headers['authorization'] ?? '', /^Bearer ./);
      const page = query.get('$skiptoken');
      const answers: Record<string, Json> = {
        '/subscriptions/s/providers/Microsoft.KeyVault/vaults': {
          value: [
            {
              id: VAULT,
              properties: { vaultUri: `https://${HOST}/`, enableRbacAuthorization: true, ...vault },
            },
          ],
        },
        [`${AUTHORIZATION}/roleDefinitions`]: { value: DEFINITIONS },
        [`${AUTHORIZATION}/roleAssignments`]:
          page === null
            ? { value: assignments, nextLink: more?.link ?? null }
            : { value: more?.assignments ?? [] },
      };
      return Promise.resolve(jsonResponse(200, answers[path] as never));
    });
    const { roles } = await readVaultRoles(connectionTo(url), HOST);
    const exposure: KeyExposure = {
      key: {
        id: `https://${HOST}/keys/notes/0123`,
        kty: 'RSA-HSM',
        operations: ['unwrapKey'],
        exportable: false,
        imported: false,
        releasePolicy: null,
      },
      owners: [SELF],
      assignments: roles,
      sas: [],
    };
    return findUnattestedPaths(exposure).map(({ id }) => id);
  }

  function connectionTo(resourceManager: string): Connection {
    const connection = vaultConnection(local);
    const credential = { getToken: () => Promise.resolve({ token: 'e30.e30.e30', expiresOnTimestamp: 0 }) };
    const profile = { ...connection.profile, subscription: 's', endpoints: { resourceManager } };
    return { ...connection, credential, profile };
  }
});

function role(id: string, roleName: string, permissions: Readonly<Record<string, Json>>): Json {
  return {
    id: `/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/${id}`,
    properties: { roleName, permissions: [permissions] },
  };
}

function assignment(id: string, scope = VAULT): Json {
  const roleDefinitionId = `/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/${id}`;
  return { properties: { principalId: 'contoso', roleDefinitionId, scope } };
}
