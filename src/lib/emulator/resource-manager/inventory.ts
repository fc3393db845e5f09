// What Azure Resource Manager says of the parties' other resources: HSMs, storage accounts, regions, and the caller's rights.

import { type JsonObject, jsonResponse } from '../http/messages.js';
import type { WireResponse } from '../http/wire.js';
import type { AccessToken } from '../identity/access-tokens.js';
import { normalScope, type RoleAssignment, type RoleAssignments } from '../identity/role-assignments.js';
import type { RoleDefinition } from '../identity/role-definitions.js';

/** A resource as it is listed. */
export interface ListedResource {
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
}

export interface Inventory {
  /** Resources of a type in a subscription. */
  list(subscription: string, type: string): readonly JsonObject[];
  /** Permissions of a principal at a scope, one entry an assignment. */
  permissions(principalId: string, scope: string): readonly JsonObject[];
  /** Role assignments at a scope, above it and below it, and the definitions that may be assigned there. */
  roleAssignments(scope: string): readonly JsonObject[];
  roleDefinitions(): readonly JsonObject[];
  /** Regional capabilities, one entry an operating system. */
  capabilities(location: string): readonly JsonObject[];
}

type Authorize = (caller: AccessToken, action: string, scope: string) => void;

const LISTS =
  /^\/subscriptions\/([^/]+)\/providers\/(Microsoft\.(?:KeyVault\/(?:managedHSMs|vaults)|Storage\/storageAccounts))$/i;
const PERMISSIONS =
  /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+)\/providers\/Microsoft\.Authorization\/permissions$/i;
const ROLES =
  /^(\/subscriptions\/.+)\/providers\/Microsoft\.Authorization\/(roleAssignments|roleDefinitions)$/i;
const CAPABILITIES =
  /^(\/subscriptions\/[^/]+)\/providers\/Microsoft\.ContainerInstance\/locations\/([^/]+)\/capabilities$/i;

/** The answer to a question about the inventory; null for any other path. @throws AzureError 403 by `authorize` */
export function answerInventory(
  path: string,
  caller: AccessToken,
  inventory: Inventory,
  authorize: Authorize,
): WireResponse | null {
  const list = LISTS.exec(path);
  if (list !== null) {
    const [, subscription = '', type = ''] = list;
    authorize(caller, `${type}/read`, `/subscriptions/${subscription}`);
    return jsonResponse(200, { value: inventory.list(subscription, type) });
  }
  // Everybody may ask what they themselves may do.
  const permissions = PERMISSIONS.exec(path);
  if (permissions !== null)
    return jsonResponse(200, { value: inventory.permissions(caller.principalId, permissions[1] ?? '') });
  const roles = ROLES.exec(path);
  if (roles !== null) {
    const [, scope = '', collection = ''] = roles;
    authorize(caller, `Microsoft.Authorization/${collection}/read`, scope);
    const definitions = collection.toLowerCase() === 'roledefinitions';
    return jsonResponse(200, {
      value: definitions ? inventory.roleDefinitions() : inventory.roleAssignments(scope),
    });
  }
  const capabilities = CAPABILITIES.exec(path);
  if (capabilities === null) return null;
  const [, scope = '', location = ''] = capabilities;
  authorize(caller, 'Microsoft.ContainerInstance/locations/capabilities/read', scope);
  return jsonResponse(200, { value: inventory.capabilities(location) });
}

/* Where the local Azure makes container groups; elsewhere it has none, as a subscription without that region. */
const REGIONS = new Set(['westeurope', 'northeurope', 'eastus', 'westus']);

export function createInventory(
  resources: readonly ListedResource[],
  roles: Pick<RoleAssignments, 'list' | 'roles'>,
): Inventory {
  return {
    list: (subscription, type) =>
      resources
        .filter((resource) => resource.type.toLowerCase() === type.toLowerCase())
        .filter(({ id }) => id.toLowerCase().startsWith(`/subscriptions/${subscription.toLowerCase()}/`))
        .map(({ id, type: name, properties }) => ({
          id,
          name: id.split('/').at(-1) ?? '',
          type: name,
          properties,
        })),
    permissions: (principalId, scope) =>
      roles
        .list(scope)
        .filter((assignment) => assignment.principalId === principalId)
        .flatMap(({ roleId }) => roles.roles.filter(({ id }) => id === roleId))
        .map(({ actions, dataActions }) => ({ actions, notActions: [], dataActions, notDataActions: [] })),
    roleAssignments: (scope) => {
      const above = roles.list(scope);
      const below = roles.list(null).filter((entry) => isBelow(entry.scope, scope));
      return [...above, ...below].map(renderAssignment);
    },
    roleDefinitions: () => roles.roles.map(renderDefinition),
    capabilities: (location) =>
      !REGIONS.has(location)
        ? []
        : ['Public', 'Private'].map((ipAddressType) => ({
            resourceType: 'containerGroups',
            osType: 'Linux',
            location,
            ipAddressType,
            gpu: 'None',
            capabilities: { maxMemoryInGB: 16, maxCpu: 4, maxGpuCount: 0 },
          })),
  };
}

function isBelow(inner: string, outer: string): boolean {
  return normalScope(inner)
    .toLowerCase()
    .startsWith(`${normalScope(outer).toLowerCase()}/`);
}

function renderAssignment({ name, principalId, roleId, scope }: RoleAssignment): JsonObject {
  return {
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    name,
    type: 'Microsoft.Authorization/roleAssignments',
    properties: {
      principalId,
      principalType: 'ServicePrincipal',
      roleDefinitionId: definitionId(roleId),
      scope,
    },
  };
}

function renderDefinition({ id, name, actions, dataActions }: RoleDefinition): JsonObject {
  return {
    id: definitionId(id),
    name: id,
    type: 'Microsoft.Authorization/roleDefinitions',
    properties: {
      roleName: name,
      type: 'BuiltInRole',
      assignableScopes: ['/'],
      permissions: [{ actions, notActions: [], dataActions, notDataActions: [] }],
    },
  };
}

function definitionId(id: string): string {
  return `/providers/Microsoft.Authorization/roleDefinitions/${id}`;
}
