// Who may do what on a key vault: role assignments of Azure Resource Manager at the vault, above it and below it, or the
// vault's own access policies where it keeps those.

import * as v from 'valibot';

import type { RoleGrant } from '../evidence/key-powers.js';
import { CleanroomError } from '../base/errors.js';
import type { Connection } from './connection.js';
import type { KeyRoles } from '../ports/key-roles.js';
import { listResources, resourceManagerToken } from './resource-manager.js';
import { grantOf, RoleAssignmentForm, RoleDefinitionForm } from './role-grant.js';
import { principalOf } from './token-principal.js';

const VAULTS_VERSION = '2023-07-01';
const AUTHORIZATION_VERSION = '2022-04-01';

const Vault = v.looseObject({
  id: v.string(),
  properties: v.looseObject({
    vaultUri: v.optional(v.string(), ''),
    /** Absent or false: access policies count, and data actions of roles do not. */
    enableRbacAuthorization: v.optional(v.nullable(v.boolean())),
    accessPolicies: v.optional(
      v.array(
        v.looseObject({
          objectId: v.string(),
          permissions: v.looseObject({ keys: v.optional(v.array(v.string()), []) }),
        }),
      ),
      [],
    ),
  }),
});

/**
 * Reads who may do what on the key vault at `host`, in the subscription of the profile.
 *
 * @throws CleanroomError VAULT_ROLES_UNREAD, SERVICE_FORBIDDEN, SERVICE_REFUSED, SERVICE_UNREACHABLE, LOGIN_FAILED
 */
export async function readVaultRoles(connection: Connection, host: string): Promise<KeyRoles> {
  const vault = await findVault(connection, host);
  const at = `${vault.id}/providers/Microsoft.Authorization`;
  const read = async <S extends v.GenericSchema>(
    collection: string,
    schema: S,
  ): Promise<v.InferOutput<S>[]> =>
    parseAll(
      schema,
      await listResources(connection, `${at}/${collection}`, AUTHORIZATION_VERSION),
      collection,
    );
  const definitions = await read('roleDefinitions', RoleDefinitionForm);
  const assignments = await read('roleAssignments', RoleAssignmentForm);
  const byRoles = vault.properties.enableRbacAuthorization === true;
  const grants = assignments.map((assignment) => grantOf(assignment, definitions));
  return {
    roles: byRoles
      ? grants
      : [...grants.map(controlOnly), ...vault.properties.accessPolicies.map(policyGrant(vault.id))],
    self: principalOf(await resourceManagerToken(connection)),
  };
}

async function findVault(connection: Connection, host: string): Promise<v.InferOutput<typeof Vault>> {
  const { subscription } = connection.profile;
  if (subscription === undefined)
    throw new CleanroomError(
      'VAULT_ROLES_UNREAD',
      'the profile names no subscription to look for the vault in',
    );
  const path = `/subscriptions/${subscription}/providers/Microsoft.KeyVault/vaults`;
  const vaults = parseAll(Vault, await listResources(connection, path, VAULTS_VERSION), 'vaults');
  const found = vaults.find(
    ({ properties: { vaultUri } }) => URL.canParse(vaultUri) && new URL(vaultUri).host === host.toLowerCase(),
  );
  if (found !== undefined) return found;
  throw new CleanroomError('VAULT_ROLES_UNREAD', `${host} is not in the subscription of the profile`);
}

function controlOnly(grant: RoleGrant): RoleGrant {
  return grant.dataActions === undefined ? grant : { ...grant, dataActions: [] };
}

/* Permissions of an access policy to the data actions that mean the same (Learn, "Azure RBAC migration guide"). */
const ACTION_OF_PERMISSION: Readonly<Record<string, string>> = {
  all: '*',
  decrypt: 'decrypt/action',
  unwrapkey: 'unwrap/action',
  update: 'update/action',
  import: 'import/action',
  backup: 'backup/action',
  release: 'release/action',
};

function policyGrant(vaultId: string) {
  return ({
    objectId,
    permissions,
  }: v.InferOutput<typeof Vault>['properties']['accessPolicies'][number]): RoleGrant => ({
    principal: objectId,
    role: `access policy (${permissions.keys.join(', ') || 'nothing with keys'})`,
    scope: vaultId,
    dataActions: permissions.keys.flatMap((permission) => {
      const action = ACTION_OF_PERMISSION[permission.toLowerCase()];
      return action === undefined ? [] : [`Microsoft.KeyVault/vaults/keys/${action}`];
    }),
  });
}

function parseAll<S extends v.GenericSchema>(
  schema: S,
  values: readonly unknown[],
  what: string,
): v.InferOutput<S>[] {
  const outcome = v.safeParse(v.array(schema), values);
  if (outcome.success) return outcome.output;
  throw new CleanroomError('SERVICE_REFUSED', `Azure Resource Manager: ${what} in an unknown form`);
}
