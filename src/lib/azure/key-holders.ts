// Who may do what with the keys of a vault, wherever its service keeps that.

import { type VaultFlavour, vaultFlavour } from '../contract/vault-flavour.js';
import type { Connection } from './connection.js';
import type { KeyRoles } from '../ports/key-roles.js';
import { readKeyRoles } from './key-roles.js';
import { readVaultRoles } from './vault-roles.js';

const READERS: Readonly<
  Record<VaultFlavour['service'], (connection: Connection, host: string) => Promise<KeyRoles>>
> = { 'Managed HSM': readKeyRoles, 'Key Vault Premium': readVaultRoles };

/** @throws CleanroomError VAULT_HOST_UNKNOWN, and as readKeyRoles and readVaultRoles */
export async function readKeyHolders(connection: Connection, host: string): Promise<KeyRoles> {
  return READERS[vaultFlavour(host).service](connection, host);
}
