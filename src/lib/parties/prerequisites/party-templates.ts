// The resources of each party, each with the least rights that its part of the flow needs.

import { assertNever } from '../../base/errors.js';
import {
  call,
  idOf,
  parameter,
  propertyOf,
  type Template,
  type TemplateParameter,
  type TemplateResource,
} from '../../azure/arm/template.js';
import { BLOB_CONTAINERS } from '../../contract/blob-containers.js';
import type { Prerequisites } from './options.js';
import { describeRoleGrant, describeStorage, OPERATOR } from './resources.js';

const KEY_VAULT_API = '2023-07-01';
/** Name of the parameter for the host's login in the data owner's tenant. */
export const HOST = 'hostObjectId';

/** The template of a party. */
export function describePartyTemplate(options: Prerequisites): Template {
  switch (options.party) {
    case 'party-1':
      return describeHost(options);
    case 'party-2':
      return describeDataOwner(options);
    default:
      return assertNever(options.party);
  }
}

/* A registry for the images, an account for results, the identity that rooms run under. No key: party I has none. */
function describeHost(options: Prerequisites): Template {
  const operator = parameter(OPERATOR);
  return {
    parameters: {
      ...commonParameters(),
      registryName: { type: 'string', description: 'Name of the container registry.' },
      identityName: { type: 'string', description: 'Name of the identity that rooms run under.' },
    },
    resources: [
      {
        symbol: 'registry',
        type: 'Microsoft.ContainerRegistry/registries',
        apiVersion: '2023-07-01',
        name: parameter('registryName'),
        body: {
          location: parameter('location'),
          sku: { name: 'Basic' },
          properties: { adminUserEnabled: false },
        },
      },
      ...describeStorage(options, [{ symbol: 'results', name: BLOB_CONTAINERS.results }]),
      {
        symbol: 'roomIdentity',
        type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
        apiVersion: '2023-01-31',
        name: parameter('identityName'),
        body: { location: parameter('location') },
      },
      ...(
        [
          {
            symbol: 'roomPulls',
            role: 'acrPull',
            principal: propertyOf('roomIdentity', 'principalId'),
            principalType: 'ServicePrincipal',
            at: 'registry',
          },
          { symbol: 'operatorPushes', role: 'acrPush', principal: operator, at: 'registry' },
          { symbol: 'operatorRunsRooms', role: 'containerInstancesContributor', principal: operator },
          {
            symbol: 'operatorGivesIdentity',
            role: 'managedIdentityOperator',
            principal: operator,
            at: 'roomIdentity',
          },
          {
            symbol: 'operatorReadsResults',
            role: 'blobDataContributor',
            principal: operator,
            at: 'results',
          },
          { symbol: 'operatorMakesSas', role: 'blobDelegator', principal: operator, at: 'account' },
          ...options.recipients.map(
            (principal, index) =>
              ({
                symbol: `recipient${index + 1}ReadsResults`,
                role: 'blobDataReader',
                principal,
                at: 'results',
              }) as const,
          ),
        ] as const
      ).map(describeRoleGrant),
    ],
    outputs: {
      registryLoginServer: propertyOf('registry', 'loginServer'),
      roomIdentityId: idOf('roomIdentity'),
      roomIdentityPrincipalId: propertyOf('roomIdentity', 'principalId'),
      roomIdentityClientId: propertyOf('roomIdentity', 'clientId'),
    },
  };
}

/* The key service, and an account for sealed blobs and the budget's state. Roles on keys are given by script (key-roles). */
function describeDataOwner(options: Prerequisites): Template {
  const operator = parameter(OPERATOR);
  const host = parameter(HOST);
  const hostMakesSas =
    options.blobWay === 'sas'
      ? []
      : ([
          { symbol: 'hostMakesSas', role: 'blobDelegator', principal: host, at: 'account' },
          { symbol: 'hostReadsData', role: 'blobDataReader', principal: host, at: 'data' },
          { symbol: 'hostKeepsState', role: 'blobDataContributor', principal: host, at: 'state' },
        ] as const);
  return {
    parameters: {
      ...commonParameters(),
      keyServiceName: { type: 'string', description: 'Name of the Managed HSM or key vault.' },
      ...(options.blobWay === 'sas'
        ? {}
        : {
            [HOST]: {
              type: 'string',
              description: 'Object id, in this tenant, of the login that deploys the room.',
            } as const,
          }),
    },
    resources: [
      options.keyService === 'managed-hsm' ? MANAGED_HSM : KEY_VAULT,
      ...describeStorage(options, [
        { symbol: 'data', name: BLOB_CONTAINERS.data },
        { symbol: 'state', name: BLOB_CONTAINERS.budget },
      ]),
      ...(
        [
          ...(options.keyService === 'managed-hsm'
            ? []
            : ([
                {
                  symbol: 'operatorMakesKeys',
                  role: 'keyVaultCryptoOfficer',
                  principal: operator,
                  at: 'keyService',
                },
              ] as const)),
          { symbol: 'operatorWritesData', role: 'blobDataContributor', principal: operator, at: 'data' },
          { symbol: 'operatorWritesState', role: 'blobDataContributor', principal: operator, at: 'state' },
          { symbol: 'operatorMakesSas', role: 'blobDelegator', principal: operator, at: 'account' },
          ...hostMakesSas,
        ] as const
      ).map(describeRoleGrant),
    ],
    outputs: { keyServiceId: idOf('keyService') },
  };
}

const MANAGED_HSM: TemplateResource = {
  symbol: 'keyService',
  type: 'Microsoft.KeyVault/managedHSMs',
  apiVersion: KEY_VAULT_API,
  name: parameter('keyServiceName'),
  body: {
    location: parameter('location'),
    sku: { family: 'B', name: 'Standard_B1' },
    properties: {
      tenantId: call('tenant', [], 'tenantId'),
      initialAdminObjectIds: [parameter(OPERATOR)],
      enableSoftDelete: true,
      softDeleteRetentionInDays: 7,
      enablePurgeProtection: true,
      publicNetworkAccess: 'Enabled',
    },
  },
};

const KEY_VAULT: TemplateResource = {
  symbol: 'keyService',
  type: 'Microsoft.KeyVault/vaults',
  apiVersion: KEY_VAULT_API,
  name: parameter('keyServiceName'),
  body: {
    location: parameter('location'),
    properties: {
      tenantId: call('tenant', [], 'tenantId'),
      sku: { family: 'A', name: 'premium' },
      enableRbacAuthorization: true,
      enableSoftDelete: true,
      softDeleteRetentionInDays: 7,
      enablePurgeProtection: true,
      publicNetworkAccess: 'Enabled',
    },
  },
};

function commonParameters(): Record<string, TemplateParameter> {
  return {
    location: {
      type: 'string',
      description: 'Region of every resource.',
      defaultValue: call('resourceGroup', [], 'location'),
    },
    storageAccountName: { type: 'string', description: 'Name of the storage account.' },
    [OPERATOR]: { type: 'string', description: "Object id of the login that runs this party's commands." },
  };
}
