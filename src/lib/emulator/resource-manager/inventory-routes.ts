// Questions about the parties' other resources, about rights, and about what a region has.

import { jsonResponse } from '../http/messages.js';
import { documented, publishedExample, usedBy } from '../http/proof.js';
import { armRoute, resourceGroupScope, subscriptionScope } from './arm-call.js';
import { QUOTAS } from './constants.js';
import { normalRegion } from './regions.js';

const { guarded } = armRoute;
const LISTED = [
  'Microsoft.KeyVault/managedHSMs',
  'Microsoft.KeyVault/vaults',
  'Microsoft.Storage/storageAccounts',
];

const lists = LISTED.map((type) =>
  guarded({
    method: 'GET',
    path: `/subscriptions/{subscription}/providers/${type}` as '/subscriptions/{subscription}/providers/TYPE',
    permission: { action: `${type}/read`, at: 'subscription' },
    proof: documented('2026-11', `REST reference, ${type}, List By Subscription`),
    answer: ({ inventory }, { subscription }) =>
      jsonResponse(200, { value: inventory.list(subscription, type) }),
  }),
);

const AUTHORIZATION = 'providers/Microsoft.Authorization';

export const INVENTORY_ROUTES = [
  ...lists,
  guarded({
    method: 'GET',
    path: `/subscriptions/{subscription}/resourceGroups/{resourceGroup}/${AUTHORIZATION}/permissions`,
    permission: { loginOnly: 'tells a caller its own permissions' },
    proof: documented('2026-11', 'REST reference, Permissions, List For Resource Group'),
    answer: ({ inventory, caller }, parameters) =>
      jsonResponse(200, {
        value: inventory.permissions(caller.principalId, resourceGroupScope(parameters)),
      }),
  }),
  guarded({
    method: 'GET',
    path: `/subscriptions/{scope+}/${AUTHORIZATION}/roleAssignments`,
    permission: { action: 'Microsoft.Authorization/roleAssignments/read', at: 'named' },
    proof: documented('2026-11', 'REST reference, Role Assignments, List For Scope'),
    answer: ({ inventory }, { scope }) =>
      jsonResponse(200, { value: inventory.roleAssignments(`/subscriptions/${scope}`) }),
  }),
  guarded({
    method: 'GET',
    path: `/subscriptions/{scope+}/${AUTHORIZATION}/roleDefinitions`,
    permission: { action: 'Microsoft.Authorization/roleDefinitions/read', at: 'named' },
    proof: documented('2026-11', 'REST reference, Role Definitions, List'),
    answer: ({ inventory }) => jsonResponse(200, { value: inventory.roleDefinitions() }),
  }),
  guarded({
    method: 'GET',
    path: '/subscriptions/{subscription}/providers/Microsoft.ContainerInstance/locations/{location}/capabilities',
    permission: { action: 'Microsoft.ContainerInstance/locations/capabilities/read', at: 'subscription' },
    proof: publishedExample('2025-09', 'azure-rest/containerinstance/CapabilitiesList.json'),
    answer: ({ inventory }, { location }) => jsonResponse(200, { value: inventory.capabilities(location) }),
  }),
  guarded({
    method: 'GET',
    path: '/subscriptions/{subscription}/providers/Microsoft.ContainerInstance/locations/{location}/usages',
    permission: { action: 'Microsoft.ContainerInstance/locations/usages/read', at: 'subscription' },
    proof: usedBy('2026-11', '@azure/arm-containerinstance 9.1'),
    answer: ({ groups }, parameters) => {
      const used = groups
        .list(`${subscriptionScope(parameters)}/`)
        .filter(({ location }) => normalRegion(location) === normalRegion(parameters.location));
      const cores = used.reduce((total, { body }) => total + coresOf(body), 0);
      return jsonResponse(200, {
        value: [
          usage('ContainerGroups', 'Container Groups', used.length, QUOTAS.containerGroups),
          usage('StandardCores', 'Standard Cores', cores, QUOTAS.standardCores),
        ],
      });
    },
  }),
];

function usage(value: string, localizedValue: string, currentValue: number, limit: number) {
  return { unit: 'Count', currentValue, limit, name: { value, localizedValue } };
}

/* The body was checked when the group was made. */
function coresOf(body: Readonly<Record<string, unknown>>): number {
  const { containers } = body['properties'] as {
    readonly containers: readonly {
      readonly properties: { readonly resources: { readonly requests: { readonly cpu: number } } };
    }[];
  };
  return containers.reduce((total, { properties }) => total + properties.resources.requests.cpu, 0);
}
