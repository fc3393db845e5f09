// Which hosts a storage login or a SAS may be shown to. A token for Azure Storage opens every account of the login, so a
// contract, or a URL on the command line, must not choose who receives it.

import { CleanroomError } from '../base/errors.js';
import type { Connection } from './connection.js';

/* Azure's clouds, with the accounts of DNS zones (Learn, "Storage account overview", endpoints); and this machine. */
const ACCOUNT = /^[a-z0-9]{3,24}(?:-secondary)?/.source;
const HOSTS: readonly RegExp[] = [
  new RegExp(`${ACCOUNT}\\.blob\\.core\\.(?:windows\\.net|chinacloudapi\\.cn|usgovcloudapi\\.net)$`),
  new RegExp(`${ACCOUNT}\\.z\\d{1,2}\\.blob\\.storage\\.azure\\.net$`),
  /^(?:127\.\d+\.\d+\.\d+|localhost)$/,
];

/**
 * Lets an account URL pass that is Azure's own, on this machine, or named in the profile (an account behind a domain of
 * one's own).
 *
 * @throws CleanroomError STORAGE_HOST_UNKNOWN
 */
export function requireStorageHost(account: string, { profile }: Connection): void {
  if (account === profile.storageAccount) return;
  const url = URL.canParse(account) ? new URL(account) : null;
  if (url?.protocol === 'https:' && url.username === '' && HOSTS.some((known) => known.test(url.hostname)))
    return;
  throw new CleanroomError('STORAGE_HOST_UNKNOWN', `${url?.host ?? account} is not a host of Azure Storage`);
}
