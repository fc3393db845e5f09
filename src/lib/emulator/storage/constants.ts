// Azure Storage: versions, roles and limits of the front.

/** Answered as `x-ms-version` where the front itself answers. */
export const STORAGE_VERSION = '2025-11-05';
/** Form of the service SAS that the front hands to Azurite in place of a user delegation SAS. */
export const REISSUED_SAS_VERSION = '2020-12-06';
/** Longest life of a user delegation key (Get User Delegation Key, "Expiry"). */
export const MAX_DELEGATION_DAYS = 7;
/** The audience that the SDKs ask tokens for; with a trailing slash too. */
export const STORAGE_AUDIENCE = 'https://storage.azure.com';

/** What a request does, as far as roles tell it apart. */
export type StorageAction =
  | 'blob-read'
  | 'blob-write'
  | 'blob-delete'
  | 'blob-permissions'
  | 'container-read'
  | 'container-write'
  | 'container-delete'
  | 'delegation-key'
  | 'queue-read'
  | 'queue-write'
  | 'message-read'
  | 'message-process'
  | 'message-add'
  | 'message-write';

const BLOB_READ: readonly StorageAction[] = ['blob-read', 'container-read', 'delegation-key'];
const BLOB_WRITE: readonly StorageAction[] = [
  ...BLOB_READ,
  'blob-write',
  'blob-delete',
  'container-write',
  'container-delete',
];
const QUEUE_ALL: readonly StorageAction[] = [
  'queue-read',
  'queue-write',
  'message-read',
  'message-process',
  'message-add',
  'message-write',
];

/**
 * Built-in roles that grant data access, and what they grant.
 *
 * @see Azure built-in roles for Storage (learn.microsoft.com, role-based-access-control/built-in-roles/storage)
 */
export const STORAGE_ROLES: Readonly<Record<string, readonly StorageAction[]>> = {
  'Storage Blob Data Reader': BLOB_READ,
  'Storage Blob Data Contributor': BLOB_WRITE,
  'Storage Blob Data Owner': [...BLOB_WRITE, 'blob-permissions'],
  'Storage Blob Delegator': ['delegation-key'],
  'Storage Queue Data Reader': ['queue-read', 'message-read'],
  'Storage Queue Data Contributor': QUEUE_ALL,
  'Storage Queue Data Message Processor': ['message-read', 'message-process'],
  'Storage Queue Data Message Sender': ['message-add'],
};
