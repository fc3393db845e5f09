// The role assignments that the local Azure starts with: what `prereqs` would give each identity in a real subscription.

import { BLOB_CONTAINERS } from '../contract/blob-containers.js';
import type { Directory } from './identity/directory.js';
import { exchangeIssuer } from './identity/access-tokens.js';
import { RESOURCES } from './identity/constants.js';
import type { RoleAssignments } from './identity/role-assignments.js';
import {
  CONTROL_PLANE_ROLES,
  KEY_VAULT_ROLES,
  MANAGED_HSM_ROLES,
  STORAGE_ROLES,
} from './identity/role-definitions.js';
import type { PartyRecord } from './parties.js';

/** Assigns what is not assigned yet. `hsmRoles` holds each party's local RBAC by its name. */
export async function assignDefaultRoles(
  parties: readonly PartyRecord[],
  directory: Directory,
  azure: RoleAssignments,
  hsmRoles: ReadonlyMap<string, RoleAssignments>,
): Promise<void> {
  const [host] = parties;
  for (const party of parties) {
    const tenant = directory.tenant(party.tenantId);
    if (tenant !== null) await directory.ensureManagedIdentity(tenant, party.roomIdentityId);
    await assignOwnRoles(party, azure, hsmRoles.get(party.name));
    if (host === undefined) continue;
    await letRoomRelease(host, party, directory, azure, hsmRoles.get(party.name));
    if (party === host) continue;
    await letHostDeliver(host, party, directory, azure);
    await letPartyFetch(host, party, directory, azure);
    await admitRoomApplication(host, party, directory, azure, hsmRoles.get(party.name));
  }
}

/** A party whose login is Crypto Officer of another's HSM, and of its key vault. */
export interface CryptoOfficer {
  readonly party: string;
  readonly of: string;
}

/** Makes officers, who may then give themselves any role of that HSM: what an owner should never let happen. */
export async function appointCryptoOfficers(
  officers: readonly CryptoOfficer[],
  parties: readonly PartyRecord[],
  hsmRoles: ReadonlyMap<string, RoleAssignments>,
  azure: RoleAssignments,
): Promise<void> {
  for (const { party, of } of officers) {
    const principal = parties.find(({ name }) => name === party)?.principalId;
    const owner = parties.find(({ name }) => name === of);
    if (principal === undefined || owner === undefined) continue;
    await hsmRoles.get(of)?.assign(principal, MANAGED_HSM_ROLES.cryptoOfficer, '/');
    await azure.assign(principal, KEY_VAULT_ROLES.cryptoOfficer, owner.vaultId);
  }
}

/** Of a login: its own HSM's keys, its own account, its own subscription. Nothing lets it change HSM roles. */
async function assignOwnRoles(
  party: PartyRecord,
  azure: RoleAssignments,
  hsm: RoleAssignments | undefined,
): Promise<void> {
  const subscription = `/subscriptions/${party.subscription}`;
  await hsm?.assign(party.principalId, MANAGED_HSM_ROLES.cryptoUser, '/');
  await azure.assign(party.principalId, KEY_VAULT_ROLES.cryptoOfficer, party.vaultId);
  await azure.assign(party.principalId, STORAGE_ROLES.blobDataOwner, party.accountId);
  for (const role of [
    CONTROL_PLANE_ROLES.containerInstancesContributor,
    CONTROL_PLANE_ROLES.managedIdentityOperator,
    CONTROL_PLANE_ROLES.reader,
  ])
    await azure.assign(party.principalId, role, subscription);
}

/** The host's room identity may ask every vault to release; only the release policy decides whether it does. */
async function letRoomRelease(
  host: PartyRecord,
  party: PartyRecord,
  directory: Directory,
  azure: RoleAssignments,
  hsm: RoleAssignments | undefined,
): Promise<void> {
  const room = directory.managedIdentity(host.roomIdentityId);
  if (room === null) return;
  await hsm?.assign(room.principalId, MANAGED_HSM_ROLES.cryptoServiceReleaseUser, '/');
  await azure.assign(room.principalId, KEY_VAULT_ROLES.cryptoServiceReleaseUser, party.vaultId);
}

/** Across tenants: the room's identity vouches for an application of its own tenant, which the other tenant admits. */
async function admitRoomApplication(
  host: PartyRecord,
  party: PartyRecord,
  directory: Directory,
  azure: RoleAssignments,
  hsm: RoleAssignments | undefined,
): Promise<void> {
  const [home, tenant] = [directory.tenant(host.tenantId), directory.tenant(party.tenantId)];
  const room = directory.managedIdentity(host.roomIdentityId);
  if (home === null || tenant === null || room === null) return;
  const { clientId } = await directory.ensureApplication(home, host.roomApplicationName);
  await directory.addFederatedCredential(clientId, {
    issuer: exchangeIssuer(home.id),
    subject: room.principalId,
    audience: RESOURCES.tokenExchange,
  });
  const admitted = await directory.ensureServicePrincipal(clientId, tenant);
  await hsm?.assign(admitted, MANAGED_HSM_ROLES.cryptoServiceReleaseUser, '/keys');
  await azure.assign(admitted, KEY_VAULT_ROLES.cryptoServiceReleaseUser, party.vaultId);
}

/** The host makes the room's SAS for another party's account by its own identity, there as in its own tenant. */
async function letHostDeliver(
  host: PartyRecord,
  party: PartyRecord,
  directory: Directory,
  azure: RoleAssignments,
): Promise<void> {
  const tenant = directory.tenant(party.tenantId);
  if (tenant === null) return;
  const guest = await directory.ensureServicePrincipal(host.clientId, tenant);
  const container = (name: string): string => `${party.accountId}/blobServices/default/containers/${name}`;
  for (const principal of [host.principalId, guest]) {
    await azure.assign(principal, STORAGE_ROLES.blobDelegator, party.accountId);
    await azure.assign(principal, STORAGE_ROLES.blobDataReader, container(BLOB_CONTAINERS.data));
    await azure.assign(principal, STORAGE_ROLES.blobDataContributor, container(BLOB_CONTAINERS.budget));
  }
}

/** Any party may be a recipient: it reads the host's results, which are sealed to their recipients. */
async function letPartyFetch(
  host: PartyRecord,
  party: PartyRecord,
  directory: Directory,
  azure: RoleAssignments,
): Promise<void> {
  const tenant = directory.tenant(host.tenantId);
  if (tenant === null) return;
  const guest = await directory.ensureServicePrincipal(party.clientId, tenant);
  const results = `${host.accountId}/blobServices/default/containers/${BLOB_CONTAINERS.results}`;
  for (const principal of [party.principalId, guest])
    await azure.assign(principal, STORAGE_ROLES.blobDataReader, results);
}
