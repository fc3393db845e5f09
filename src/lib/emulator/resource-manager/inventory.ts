// What Azure Resource Manager says of the parties' other resources: HSMs, storage accounts, regions, and the caller's rights.

import { type JsonObject, jsonResponse } from '../http/messages.js';
import type { WireResponse } from '../http/wire.js';
import type { AccessToken } from '../identity/access-tokens.js';
import type { RoleAssignments } from '../identity/role-assignments.js';

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
  /** Regional capabilities, one entry an operating system. */
  capabilities(location: string): readonly JsonObject[];
}

type Authorize = (caller: AccessToken, action: string, scope: string) => void;

const LISTS =
  /^\/subscriptions\/([^/]+)\/providers\/(Microsoft\.(?:KeyVault\/managedHSMs|Storage\/storageAccounts))$/i;
const PERMISSIONS =
  /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+)\/providers\/Microsoft\.Authorization\/permissions$/i;
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
