// What a party's login reaches, each opened when it is first used.

import type { AzureProbe } from './azure-probe.js';
import type { KeyRoles } from './key-roles.js';
import type { KeyVault } from './key-vault.js';
import type { BlobStore, JobCluster, RoomOperator, SasIssuer } from './ports.js';
import type { SasGrant } from './sas-grant.js';
import type { StoredSealedBlob } from './sealed-location.js';
import type { SealedUpload } from './sealed-upload.js';
import type { ContractBlob } from '../contract/schema.js';

export interface Services {
  /** @throws CleanroomError VAULT_HOST_UNKNOWN */
  keyVault(host: string): Promise<KeyVault>;
  /** Who may do what on a vault. @throws CleanroomError KEY_ACCESS_DENIED, SERVICE_…, VAULT_ROLES_UNREAD */
  keyHolders(host: string): Promise<KeyRoles>;
  /** @param grant - the SAS to work by where it covers the blob; else the login. */
  blobs(grant?: SasGrant | null): Promise<BlobStore>;
  uploads(grant?: SasGrant | null): Promise<SealedUpload>;
  /** @throws CleanroomError BLOB_MISSING, and the storage service's own */
  storedBlob(blob: ContractBlob, grant?: SasGrant | null): Promise<StoredSealedBlob>;
  /** SAS by identity (user delegation). */
  sas(): Promise<SasIssuer>;
  /** Rooms of the profile: container groups of its resource group, and pods of its cluster. @throws CleanroomError PROFILE_INVALID where it names none */
  rooms(): Promise<RoomOperator>;
  /** The same without the pods of the profile's cluster; absent where it names none. */
  groups?: () => Promise<RoomOperator>;
  /** The profile's cluster; absent where it names none. */
  cluster?: () => Promise<JobCluster>;
  probe(): Promise<AzureProbe>;
  /** A token for an Azure resource; empty where the login gives none. */
  token(scope: string): Promise<string>;
  /** System roots and the profile's, PEM; undefined where the profile names none. */
  tlsRoots(): Promise<readonly string[] | undefined>;
}
