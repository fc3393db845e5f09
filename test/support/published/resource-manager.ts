// Azure Resource Manager: the providers that the product asks, each with its version.

import type { PublishedInterface } from './published-interface.js';

const SPECS = 'Azure/azure-rest-api-specs, specification';
const GROUPS =
  '/subscriptions/{subscription}/resourceGroups/{resourceGroup}/providers/Microsoft.ContainerInstance/containerGroups';
const TOP = { $top: /^\d+$/ };

export const CONTAINER_GROUPS: PublishedInterface = {
  source: `${SPECS}/containerinstance/…/stable/2023-05-01/containerInstance.json at 19e20b2d900a; bodies as @azure/arm-containerinstance 9.1 carries them`,
  versions: ['2023-05-01'],
  anyCase: true,
  operations: [
    { method: 'GET', path: GROUPS },
    { method: 'GET', path: `${GROUPS}/{group}` },
    { method: 'PUT', path: `${GROUPS}/{group}`, body: { json: 'client:ContainerGroup' } },
    { method: 'DELETE', path: `${GROUPS}/{group}` },
    { method: 'POST', path: `${GROUPS}/{group}/restart` },
    {
      method: 'GET',
      path: `${GROUPS}/{group}/containers/{container}/logs`,
      query: { tail: /^\d+$/, timestamps: /^(?:true|false)$/ },
    },
    {
      method: 'GET',
      path: '/subscriptions/{subscription}/providers/Microsoft.ContainerInstance/locations/{location}/capabilities',
    },
  ],
  types: {},
};

export const OTHER_PROVIDERS: readonly PublishedInterface[] = [
  {
    source:
      'recorded answers of container groups, 2022: the address that the service gave for an operation, with its own version',
    versions: ['2018-06-01'],
    anyCase: true,
    operations: [
      {
        method: 'GET',
        path: '/subscriptions/{subscription}/providers/Microsoft.ContainerInstance/locations/{location}/operations/{operation}',
      },
    ],
    types: {},
  },
  {
    source: `${SPECS}/keyvault/resource-manager/Microsoft.KeyVault/stable/2023-07-01/managedHsm.json at ca2664ee5480, keyvault.json`,
    versions: ['2023-07-01'],
    anyCase: true,
    operations: [
      {
        method: 'GET',
        path: '/subscriptions/{subscription}/providers/Microsoft.KeyVault/managedHSMs',
        query: TOP,
      },
      {
        method: 'GET',
        path: '/subscriptions/{subscription}/providers/Microsoft.KeyVault/vaults',
        query: TOP,
      },
    ],
    types: {},
  },
  {
    source: `${SPECS}/storage/resource-manager/Microsoft.Storage/stable/2023-05-01/storage.json at da749a025185, blob.json at 4c861564020f`,
    versions: ['2023-05-01'],
    anyCase: true,
    operations: [
      { method: 'GET', path: '/subscriptions/{subscription}/providers/Microsoft.Storage/storageAccounts' },
      {
        method: 'GET',
        path: '/subscriptions/{subscription}/resourceGroups/{resourceGroup}/providers/Microsoft.Storage/storageAccounts/{account}/blobServices/default',
      },
    ],
    types: {},
  },
  {
    source: `${SPECS}/authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01/authorization-RoleDefinitionsCalls.json at 007a51db3740, authorization-RoleAssignmentsCalls.json`,
    versions: ['2022-04-01'],
    anyCase: true,
    operations: [
      {
        method: 'GET',
        path: '/subscriptions/{subscription}/resourcegroups/{resourceGroup}/providers/Microsoft.Authorization/permissions',
      },
      {
        method: 'GET',
        path: '/{scope*}/providers/Microsoft.Authorization/roleDefinitions',
        query: { $filter: /./ },
      },
      {
        method: 'GET',
        path: '/{scope*}/providers/Microsoft.Authorization/roleAssignments',
        query: { $filter: /./, tenantId: /./, $skipToken: /./ },
      },
    ],
    types: {},
  },
];
