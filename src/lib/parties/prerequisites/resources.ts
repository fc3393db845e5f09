// Resources that both parties need alike: the storage account, its containers, and role assignments.

import { call, idOf, type Expression, parameter, type TemplateResource } from '../../azure/arm/template.js';
import { BUILT_IN_ROLES, type BuiltInRole } from './built-in-roles.js';
import type { Prerequisites } from './options.js';

const STORAGE_API = '2023-05-01';
const ROLE_API = '2022-04-01';

/** Name of the parameter for whoever runs the party's commands. */
export const OPERATOR = 'operatorObjectId';

/** The account with its containers: TLS 1.2, nothing public, versions kept, no account key unless SAS are made with it. */
export function describeStorage(
  { sasByAccountKey }: Pick<Prerequisites, 'sasByAccountKey'>,
  containers: readonly { readonly symbol: string; readonly name: string }[],
): readonly TemplateResource[] {
  const account: TemplateResource = {
    symbol: 'account',
    type: 'Microsoft.Storage/storageAccounts',
    apiVersion: STORAGE_API,
    name: parameter('storageAccountName'),
    body: {
      location: parameter('location'),
      kind: 'StorageV2',
      sku: { name: 'Standard_LRS' },
      properties: {
        minimumTlsVersion: 'TLS1_2',
        supportsHttpsTrafficOnly: true,
        allowBlobPublicAccess: false,
        allowSharedKeyAccess: sasByAccountKey,
        allowCrossTenantReplication: false,
      },
    },
  };
  const service: TemplateResource = {
    symbol: 'blobs',
    type: 'Microsoft.Storage/storageAccounts/blobServices',
    apiVersion: STORAGE_API,
    name: 'default',
    parent: 'account',
    body: {
      properties: {
        isVersioningEnabled: true,
        deleteRetentionPolicy: { enabled: true, days: 7 },
        // A container that is deleted takes the budget's entries with it, versions and all.
        containerDeleteRetentionPolicy: { enabled: true, days: 7 },
      },
    },
  };
  return [
    account,
    service,
    ...containers.map(({ symbol, name }): TemplateResource => ({
      symbol,
      type: 'Microsoft.Storage/storageAccounts/blobServices/containers',
      apiVersion: STORAGE_API,
      name,
      parent: 'blobs',
      body: { properties: { publicAccess: 'None' } },
    })),
  ];
}

export interface RoleGrant {
  readonly symbol: string;
  readonly role: BuiltInRole;
  /** Its object id. */
  readonly principal: Expression | string;
  /** User or ServicePrincipal; left out where either may be given. */
  readonly principalType?: 'ServicePrincipal';
  /** Symbol of the resource it reaches; the resource group if absent. */
  readonly at?: string;
}

/** A role assignment, named so that a second deployment finds it again. */
export function describeRoleGrant({
  symbol,
  role,
  principal,
  principalType,
  at,
}: RoleGrant): TemplateResource {
  const scope = at === undefined ? call('resourceGroup', [], 'id') : idOf(at);
  return {
    symbol,
    type: 'Microsoft.Authorization/roleAssignments',
    apiVersion: ROLE_API,
    name: call('guid', [scope, principal, BUILT_IN_ROLES[role]]),
    ...(at === undefined ? {} : { scope: at }),
    body: {
      properties: {
        roleDefinitionId: call('subscriptionResourceId', [
          'Microsoft.Authorization/roleDefinitions',
          BUILT_IN_ROLES[role],
        ]),
        principalId: principal,
        ...(principalType === undefined ? {} : { principalType }),
      },
    },
  };
}
