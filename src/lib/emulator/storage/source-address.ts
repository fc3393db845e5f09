// `sip` of a SAS: the addresses that it may be used from (REST reference, "Create a service SAS", signed IP).

import { isIPv4 } from 'node:net';

import { StorageError } from './storage-error.js';

/** @throws StorageError 403 AuthorizationSourceIPMismatch where the SAS names other addresses than `address`. */
export function checkSourceAddress(query: URLSearchParams, address: string): void {
  const allowed = query.get('sip');
  if (allowed === null || !query.has('sig')) return;
  const bare = address.replace(/^::ffff:/, '');
  const [first = '', last = first] = allowed.split('-');
  const known = [bare, first, last].every((text) => isIPv4(text));
  if (known && numberOf(first) <= numberOf(bare) && numberOf(bare) <= numberOf(last)) return;
  throw new StorageError(
    403,
    'AuthorizationSourceIPMismatch',
    `This request is not authorized to perform this operation using this source IP ${bare}.`,
  );
}

function numberOf(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}
