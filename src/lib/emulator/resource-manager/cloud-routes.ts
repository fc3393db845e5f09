// What clients ask before they get to a resource: the cloud's endpoints, tenants, subscriptions, resource groups.

import { AzureError } from '../http/azure-error.js';
import { emptyResponse, type JsonObject, jsonResponse } from '../http/messages.js';
import { documented } from '../http/proof.js';
import { normalScope } from '../identity/role-assignments.js';
import {
  type ArmCall,
  armRoute,
  type CloudEndpoints,
  requireResourceGroup,
  resourceGroupScope,
  subscriptionScope,
} from './arm-call.js';
import type { SubscriptionRecord } from './inventory.js';

const { guarded, open } = armRoute;
const ASKED_BY_AZ = documented('2026-11', 'asked by az 2.91; REST reference, Resources');
const READ_GROUP = 'Microsoft.Resources/subscriptions/resourceGroups/read';

export const CLOUD_ROUTES = [
  open({
    method: 'GET',
    path: '/metadata/endpoints',
    openBecause: 'az cloud register asks it before there is a login; public in Azure too',
    proof: ASKED_BY_AZ,
    // Versions of 2019 and 2020 list the clouds that there are; others describe the one that is asked.
    answer: ({ options, request }) => {
      const cloud = describeCloud(options.endpoints);
      const listed = /^20(?:19|20)-/.test(request.query.get('api-version') ?? '');
      return jsonResponse(200, listed ? [cloud] : cloud);
    },
  }),
  guarded({
    method: 'GET',
    path: '/tenants',
    permission: { loginOnly: 'tells a caller its own tenant' },
    proof: ASKED_BY_AZ,
    answer: ({ caller, directory }) => {
      const tenant = directory.tenant(caller.tenantId);
      return jsonResponse(200, { value: [renderTenant(caller.tenantId, tenant?.name ?? '')] });
    },
  }),
  guarded({
    method: 'GET',
    path: '/subscriptions',
    permission: { loginOnly: 'lists the subscriptions in which the caller has a role' },
    proof: ASKED_BY_AZ,
    answer: (call) =>
      jsonResponse(200, {
        value: call.inventory
          .subscriptions()
          .filter((subscription) => hasRoleIn(call, subscription))
          .map(renderSubscription),
      }),
  }),
  guarded({
    method: 'GET',
    path: '/subscriptions/{subscription}',
    permission: { action: 'Microsoft.Resources/subscriptions/read', at: 'subscription' },
    proof: ASKED_BY_AZ,
    answer: ({ inventory }, { subscription }) => {
      const found = inventory.subscriptions().find(({ id }) => id === subscription.toLowerCase());
      if (found === undefined)
        throw new AzureError(
          404,
          'SubscriptionNotFound',
          `The subscription '${subscription}' could not be found.`,
        );
      return jsonResponse(200, renderSubscription(found));
    },
  }),
  guarded({
    method: 'GET',
    path: '/subscriptions/{subscription}/resourceGroups',
    permission: { action: READ_GROUP, at: 'subscription' },
    proof: documented('2026-11', 'REST reference, Resource Groups, List'),
    answer: ({ inventory }, parameters) =>
      jsonResponse(200, {
        value: inventory.resourceGroups(subscriptionScope(parameters)).map(renderResourceGroup),
      }),
  }),
  guarded({
    method: 'GET',
    path: '/subscriptions/{subscription}/resourceGroups/{resourceGroup}',
    permission: { action: READ_GROUP, at: 'resourceGroup' },
    proof: ASKED_BY_AZ,
    answer: (call, parameters) => {
      const id = requireResourceGroup(call, resourceGroupScope(parameters));
      return jsonResponse(200, renderResourceGroup(id));
    },
  }),
  guarded({
    method: 'HEAD',
    path: '/subscriptions/{subscription}/resourceGroups/{resourceGroup}',
    permission: { action: READ_GROUP, at: 'resourceGroup' },
    proof: documented('2026-11', 'REST reference, Resource Groups, Check Existence'),
    answer: ({ inventory }, parameters) =>
      emptyResponse(inventory.resourceGroup(resourceGroupScope(parameters)) === null ? 404 : 204),
  }),
];

function describeCloud({ authority, resourceManager }: CloudEndpoints): JsonObject {
  return {
    name: 'AzureCloud',
    portal: resourceManager,
    authentication: {
      loginEndpoint: `${authority}/`,
      audiences: ['https://management.core.windows.net/', 'https://management.azure.com/'],
      tenant: 'common',
      identityProvider: 'AAD',
    },
    graphAudience: 'https://graph.windows.net/',
    graph: 'https://graph.windows.net/',
    resourceManager: `${resourceManager}/`,
    suffixes: {
      storage: 'core.windows.net',
      keyVaultDns: 'vault.azure.net',
      mhsmDns: 'managedhsm.azure.net',
      acrLoginServer: 'azurecr.io',
      attestationEndpoint: 'attest.azure.net',
    },
    attestation: 'https://attest.azure.net',
  };
}

function renderTenant(id: string, name: string): JsonObject {
  return {
    id: `/tenants/${id}`,
    tenantId: id,
    countryCode: '',
    displayName: name,
    domains: [],
    tenantCategory: 'Home',
    defaultDomain: '',
    tenantType: 'AAD',
  };
}

function hasRoleIn({ roles, caller }: ArmCall, { id }: SubscriptionRecord): boolean {
  const scope = `/subscriptions/${id}`.toLowerCase();
  return roles
    .list(null)
    .some(
      (assignment) =>
        assignment.principalId === caller.principalId &&
        `${normalScope(assignment.scope)}/`.toLowerCase().startsWith(`${scope}/`),
    );
}

function renderSubscription({ id, name, tenantId }: SubscriptionRecord): JsonObject {
  return {
    id: `/subscriptions/${id}`,
    subscriptionId: id,
    tenantId,
    displayName: name,
    state: 'Enabled',
    authorizationSource: 'RoleBased',
    managedByTenants: [],
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'Local',
      spendingLimit: 'Off',
    },
  };
}

function renderResourceGroup(id: string): JsonObject {
  return {
    id,
    name: id.split('/')[4] ?? '',
    type: 'Microsoft.Resources/resourceGroups',
    location: 'westeurope',
    properties: { provisioningState: 'Succeeded' },
  };
}
