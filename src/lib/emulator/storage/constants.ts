// Azure Storage: versions, roles and limits of the front.

/** Answered as `x-ms-version` where the front itself answers, and the newest that it knows. */
export const STORAGE_VERSION = '2026-12-06';
/** The first with user delegation keys. */
export const DELEGATION_SINCE = '2018-11-09';
/** Form of the service SAS that the front hands to Azurite in place of a user delegation SAS. */
export const REISSUED_SAS_VERSION = '2020-12-06';
/** Longest life of a user delegation key (Get User Delegation Key, "Expiry"). */
export const MAX_DELEGATION_DAYS = 7;
/** What a request does, as far as roles tell it apart. */
export type StorageAction =
  | 'blob-read'
  | 'blob-write'
  | 'blob-delete'
  | 'blob-tags-read'
  | 'blob-tags-write'
  | 'container-acl-read'
  | 'container-acl-write'
  | 'container-read'
  | 'container-write'
  | 'container-delete'
  | 'delegation-key';

const BLOBS = 'Microsoft.Storage/storageAccounts/blobServices';

/** A permission of Azure RBAC. */
export interface Permission {
  readonly kind: 'action' | 'dataAction';
  readonly action: string;
}

const action = (name: string): Permission => ({ kind: 'action', action: name });
const dataAction = (name: string): Permission => ({ kind: 'dataAction', action: name });

/**
 * What each action needs: one of the permissions listed.
 *
 * @see Azure Storage "Authorize with Microsoft Entra ID", permissions for blob service operations
 */
export const STORAGE_PERMISSIONS: Readonly<Record<StorageAction, readonly Permission[]>> = {
  'blob-read': [dataAction(`${BLOBS}/containers/blobs/read`)],
  'blob-write': [dataAction(`${BLOBS}/containers/blobs/write`)],
  'blob-delete': [dataAction(`${BLOBS}/containers/blobs/delete`)],
  'blob-tags-read': [dataAction(`${BLOBS}/containers/blobs/tags/read`)],
  'blob-tags-write': [dataAction(`${BLOBS}/containers/blobs/tags/write`)],
  'container-acl-read': [action(`${BLOBS}/containers/getAcl/action`)],
  'container-acl-write': [action(`${BLOBS}/containers/setAcl/action`)],
  'container-read': [action(`${BLOBS}/containers/read`)],
  'container-write': [action(`${BLOBS}/containers/write`)],
  'container-delete': [action(`${BLOBS}/containers/delete`)],
  'delegation-key': [action(`${BLOBS}/generateUserDelegationKey/action`)],
};
