// What Azure Resource Manager says of the parties' other resources: HSMs, storage accounts, regions, and the caller's rights.

import type { JsonObject } from '../http/messages.js';
import { normalScope, type RoleAssignment, type RoleAssignments } from '../identity/role-assignments.js';
import type { RoleDefinition } from '../identity/role-definitions.js';
import { CAPABILITIES } from './constants.js';
import { isRegion } from './regions.js';

/** A resource as it is listed. */
export interface ListedResource {
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
}

export interface SubscriptionRecord {
  /** Lower case. */
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
}

export interface Inventory {
  subscriptions(): readonly SubscriptionRecord[];
  /** Ids of the resource groups below a scope. */
  resourceGroups(scope: string): readonly string[];
  /** The id of the resource group with that id, in any case; null where there is none. */
  resourceGroup(id: string): string | null;
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

export interface InventoryOptions {
  readonly subscriptions: readonly SubscriptionRecord[];
  /** Every subscription has it. */
  readonly resourceGroup: string;
  readonly resources: readonly ListedResource[];
  readonly roles: Pick<RoleAssignments, 'list' | 'roles'>;
}

export function createInventory({
  subscriptions,
  resourceGroup,
  resources,
  roles,
}: InventoryOptions): Inventory {
  const groups = subscriptions.map(({ id }) => `/subscriptions/${id}/resourceGroups/${resourceGroup}`);
  return {
    subscriptions: () => subscriptions,
    resourceGroups: (scope) => groups.filter((id) => id.toLowerCase().startsWith(`${scope.toLowerCase()}/`)),
    resourceGroup: (id) => groups.find((known) => known.toLowerCase() === id.toLowerCase()) ?? null,
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
      !isRegion(location)
        ? []
        : ['Public', 'Private'].map((ipAddressType) => ({
            resourceType: 'containerGroups',
            osType: 'Linux',
            location,
            ipAddressType,
            gpu: 'None',
            capabilities: { ...CAPABILITIES },
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
