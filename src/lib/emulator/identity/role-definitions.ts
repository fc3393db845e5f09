// Built-in roles that the flow needs, with their ids and actions as Azure publishes them.
// Managed HSM: GET …/roleDefinitions of a real HSM, recorded in azure-sdk-for-js (keyvault-admin). Others: LEARN
// "Azure built-in roles".

export interface RoleDefinition {
  readonly id: string;
  readonly name: string;
  readonly actions: readonly string[];
  readonly dataActions: readonly string[];
}

const HSM = 'Microsoft.KeyVault/managedHsm';

/** Local RBAC of a managed HSM, in the order and with the actions of the recording. */
export const MANAGED_HSM_ROLES = {
  backup: hsmRole('7b127d3c-77bd-4e3e-bbe0-dbb8971fa7f8', 'Managed HSM Backup User', [
    `${HSM}/backup/start/action`,
    `${HSM}/backup/status/action`,
    `${HSM}/keys/backup/action`,
  ]),
  cryptoServiceEncryptionUser: hsmRole(
    '33413926-3206-4cdd-b39a-83574fe37a17',
    'Managed HSM Crypto Service Encryption User',
    [`${HSM}/keys/read/action`, `${HSM}/keys/wrap/action`, `${HSM}/keys/unwrap/action`],
  ),
  cryptoServiceReleaseUser: hsmRole(
    '21dbd100-6940-42c2-9190-5d6cb909625c',
    'Managed HSM Crypto Service Release User',
    [`${HSM}/keys/release/action`],
  ),
  cryptoAuditor: hsmRole('2c18b078-7c48-4d3a-af88-5a3a1b3f82b3', 'Managed HSM Crypto Auditor', [
    `${HSM}/roleAssignments/read/action`,
    `${HSM}/roleDefinitions/read/action`,
    `${HSM}/keys/read/action`,
    `${HSM}/keys/deletedKeys/read/action`,
  ]),
  policyAdministrator: hsmRole('4bd23610-cdcf-4971-bdee-bdc562cc28e4', 'Managed HSM Policy Administrator', [
    `${HSM}/roleDefinitions/read/action`,
    `${HSM}/roleDefinitions/write/action`,
    `${HSM}/roleDefinitions/delete/action`,
    `${HSM}/roleAssignments/read/action`,
    `${HSM}/roleAssignments/write/action`,
    `${HSM}/roleAssignments/delete/action`,
  ]),
  cryptoUser: hsmRole('21dbd100-6940-42c2-9190-5d6cb909625b', 'Managed HSM Crypto User', [
    `${HSM}/roleDefinitions/read/action`,
    `${HSM}/roleAssignments/read/action`,
    `${HSM}/keys/read/action`,
    `${HSM}/keys/write/action`,
    `${HSM}/keys/delete`,
    `${HSM}/keys/create`,
    `${HSM}/keys/rotate/action`,
    `${HSM}/keys/import/action`,
    `${HSM}/keys/release/action`,
    `${HSM}/keys/backup/action`,
    `${HSM}/keys/restore/action`,
    `${HSM}/keys/encrypt/action`,
    `${HSM}/keys/decrypt/action`,
    `${HSM}/keys/wrap/action`,
    `${HSM}/keys/unwrap/action`,
    `${HSM}/keys/sign/action`,
    `${HSM}/keys/verify/action`,
    `${HSM}/keys/derive/action`,
    `${HSM}/rng/action`,
  ]),
  cryptoOfficer: hsmRole('515eb02d-2335-4d2d-92f2-b1cbdf9c3778', 'Managed HSM Crypto Officer', [
    `${HSM}/roleAssignments/delete/action`,
    `${HSM}/roleAssignments/read/action`,
    `${HSM}/roleAssignments/write/action`,
    `${HSM}/roleDefinitions/read/action`,
    `${HSM}/roleDefinitions/write/action`,
    `${HSM}/roleDefinitions/delete/action`,
    `${HSM}/keys/deletedKeys/read/action`,
    `${HSM}/keys/deletedKeys/delete`,
    `${HSM}/keys/deletedKeys/recover/action`,
    `${HSM}/keys/export/action`,
  ]),
  administrator: hsmRole('a290e904-7015-4bba-90c8-60543313cdb4', 'Managed HSM Administrator', [
    `${HSM}/roleAssignments/delete/action`,
    `${HSM}/roleAssignments/read/action`,
    `${HSM}/roleAssignments/write/action`,
    `${HSM}/roleDefinitions/read/action`,
    `${HSM}/roleDefinitions/write/action`,
    `${HSM}/roleDefinitions/delete/action`,
    `${HSM}/securitydomain/download/action`,
    `${HSM}/securitydomain/download/read`,
    `${HSM}/securitydomain/upload/action`,
    `${HSM}/securitydomain/upload/read`,
    `${HSM}/securitydomain/transferkey/read`,
    `${HSM}/backup/start/action`,
    `${HSM}/restore/start/action`,
    `${HSM}/backup/status/action`,
    `${HSM}/restore/status/action`,
    `${HSM}/settings/read/action`,
    `${HSM}/settings/write/action`,
  ]),
  // LEARN "Managed HSM local RBAC built-in roles"; later than the recording.
  restore: hsmRole('6efe6056-5259-49d2-8b3d-d3d73544b20b', 'Managed HSM Restore', [
    `${HSM}/restore/start/action`,
    `${HSM}/restore/status/action`,
  ]),
} as const satisfies Record<string, RoleDefinition>;

const VAULT = 'Microsoft.KeyVault/vaults';

/** Azure RBAC of Key Vault Premium. */
export const KEY_VAULT_ROLES = {
  cryptoOfficer: azureRole(
    '14b46e9e-c2b7-41b4-b07b-48a6ebf60603',
    'Key Vault Crypto Officer',
    [],
    [`${VAULT}/keys/*`, `${VAULT}/keyrotationpolicies/*`],
  ),
  cryptoUser: azureRole(
    '12338af0-0e69-4776-bea7-57ae8d297424',
    'Key Vault Crypto User',
    [],
    [
      `${VAULT}/keys/read`,
      `${VAULT}/keys/update/action`,
      `${VAULT}/keys/backup/action`,
      `${VAULT}/keys/encrypt/action`,
      `${VAULT}/keys/decrypt/action`,
      `${VAULT}/keys/wrap/action`,
      `${VAULT}/keys/unwrap/action`,
      `${VAULT}/keys/sign/action`,
      `${VAULT}/keys/verify/action`,
    ],
  ),
  cryptoServiceReleaseUser: azureRole(
    '08bbd89e-9f13-488c-ac41-acfcb10c90ab',
    'Key Vault Crypto Service Release User',
    [],
    [`${VAULT}/keys/release/action`],
  ),
} as const satisfies Record<string, RoleDefinition>;

const BLOBS = 'Microsoft.Storage/storageAccounts/blobServices';
const DELEGATION = `${BLOBS}/generateUserDelegationKey/action`;

/** Azure RBAC of storage accounts. */
export const STORAGE_ROLES = {
  blobDataOwner: azureRole(
    'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
    'Storage Blob Data Owner',
    [`${BLOBS}/containers/*`, DELEGATION],
    [`${BLOBS}/containers/blobs/*`],
  ),
  blobDataContributor: azureRole(
    'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
    'Storage Blob Data Contributor',
    [`${BLOBS}/containers/delete`, `${BLOBS}/containers/read`, `${BLOBS}/containers/write`, DELEGATION],
    [
      `${BLOBS}/containers/blobs/delete`,
      `${BLOBS}/containers/blobs/read`,
      `${BLOBS}/containers/blobs/move/action`,
      `${BLOBS}/containers/blobs/write`,
      `${BLOBS}/containers/blobs/add/action`,
    ],
  ),
  blobDataReader: azureRole(
    '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
    'Storage Blob Data Reader',
    [`${BLOBS}/containers/read`, DELEGATION],
    [`${BLOBS}/containers/blobs/read`],
  ),
  blobDelegator: azureRole(
    'db58b8e5-c6ad-4a2a-8342-4190687cbf4a',
    'Storage Blob Delegator',
    [DELEGATION],
    [],
  ),
} as const satisfies Record<string, RoleDefinition>;

/** Azure RBAC of the control plane, as far as the flow needs it. */
export const CONTROL_PLANE_ROLES = {
  owner: azureRole('8e3af657-a8ff-443c-a75c-2fe8c4bcb635', 'Owner', ['*'], []),
  reader: azureRole('acdd72a7-3385-48ef-bd42-f606fba81ae7', 'Reader', ['*/read'], []),
  containerInstancesContributor: azureRole(
    '5d977122-f97e-4b4d-a52f-6b43003ddb4d',
    'Azure Container Instances Contributor Role',
    [
      'Microsoft.ContainerInstance/containerGroups/*',
      'Microsoft.ContainerInstance/locations/*/read',
      'Microsoft.Resources/deployments/*',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
    ],
    [],
  ),
  managedIdentityOperator: azureRole(
    'f1a07417-d97a-45cb-824c-7a7467783830',
    'Managed Identity Operator',
    [
      'Microsoft.ManagedIdentity/userAssignedIdentities/*/read',
      'Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action',
    ],
    [],
  ),
  registryPull: azureRole(
    '7f951dda-4ed3-4680-a7ca-43fe172d538d',
    'AcrPull',
    ['Microsoft.ContainerRegistry/registries/pull/read'],
    [],
  ),
} as const satisfies Record<string, RoleDefinition>;

/** Whether the role allows `action`; `*` in a definition stands for any text, case does not matter. */
export function roleAllows(role: RoleDefinition, kind: 'action' | 'dataAction', action: string): boolean {
  const granted = kind === 'action' ? role.actions : role.dataActions;
  return granted.some((pattern) => matchesAction(pattern, action));
}

function matchesAction(pattern: string, action: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[.\\/]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`, 'i').test(action);
}

function hsmRole(id: string, name: string, dataActions: readonly string[]): RoleDefinition {
  return { id, name, actions: [], dataActions };
}

function azureRole(
  id: string,
  name: string,
  actions: readonly string[],
  dataActions: readonly string[],
): RoleDefinition {
  return { id, name, actions, dataActions };
}
