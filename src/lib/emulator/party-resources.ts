// What the local Azure tells of its parties: their resources in the inventory, and how to reach them.

import type { Directory } from './identity/directory.js';
import { type PartyRecord, RESOURCE_GROUP } from './parties.js';
import type { EmulatorEndpoints, EmulatorParty } from './published-files.js';
import type { ListedResource } from './resource-manager/inventory.js';
import type { PartyVaults } from './trust-services.js';

/** What each party has in its subscription, set up as `prereqs` sets it up. */
export function listResources(
  parties: readonly PartyRecord[],
  vaults: ReadonlyMap<string, PartyVaults>,
  blob: string,
): readonly ListedResource[] {
  return parties.flatMap((party) => [
    {
      id: `/subscriptions/${party.subscription}/resourceGroups/${RESOURCE_GROUP}/providers/Microsoft.KeyVault/managedHSMs/${party.name}-hsm`,
      type: 'Microsoft.KeyVault/managedHSMs',
      properties: {
        hsmUri: `https://${vaultsOf(vaults, party).hsm}/`,
        provisioningState: 'Succeeded',
        securityDomainProperties: { activationStatus: 'Active' },
      },
    },
    {
      id: party.vaultId,
      type: 'Microsoft.KeyVault/vaults',
      properties: {
        tenantId: party.tenantId,
        sku: { family: 'A', name: 'premium' },
        vaultUri: `https://${vaultsOf(vaults, party).keyVault}/`,
        enableRbacAuthorization: true,
        enableSoftDelete: true,
        accessPolicies: [],
        provisioningState: 'Succeeded',
      },
    },
    {
      id: party.accountId,
      type: 'Microsoft.Storage/storageAccounts',
      properties: {
        minimumTlsVersion: 'TLS1_2',
        supportsHttpsTrafficOnly: true,
        allowBlobPublicAccess: false,
        allowSharedKeyAccess: true,
        primaryEndpoints: { blob: `${blob}/${party.accountName}/` },
      },
    },
  ]);
}

/** Hosts of a party's HSM and key vault; empty where it has none. */
export function vaultsOf(vaults: ReadonlyMap<string, PartyVaults>, { name }: PartyRecord): PartyVaults {
  return vaults.get(name) ?? { hsm: '', keyVault: '' };
}

/** A party as the emulator's files and its callers have it. */
export function describeParty(
  party: PartyRecord,
  { hsm: vault, keyVault }: PartyVaults,
  { blob }: EmulatorEndpoints,
  directory: Directory,
): EmulatorParty {
  return {
    name: party.name,
    tenantId: party.tenantId,
    subscription: party.subscription,
    resourceGroup: RESOURCE_GROUP,
    clientId: party.clientId,
    secretFile: party.secretFile,
    vault,
    keyVault,
    storageAccount: `${blob}/${party.accountName}`,
    roomIdentity: party.roomIdentityId,
    roomApplication: directory.applicationNamed(party.tenantId, party.roomApplicationName)?.clientId ?? null,
  };
}
