// User delegation keys and SAS: Azurite's are not bound to roles, so the front derives, checks and replaces them.

import { createHmac } from 'node:crypto';

import { equalBytes, utf8 } from '../../base/bytes/arrays.js';
import { REISSUED_SAS_VERSION } from './constants.js';
import { isCreateOnly, mayPutBlocks } from './create-only.js';
import { hmacBase64 } from './shared-key.js';
import { authenticationFailed } from './storage-error.js';
import type { StorageTarget } from './target.js';

/** What a user delegation key is bound to; times in the form of the wire. */
export interface DelegationKeyFields {
  readonly objectId: string;
  readonly tenantId: string;
  readonly start: string;
  readonly expiry: string;
  readonly service: string;
  readonly version: string;
}

/** The key's value, base64: derived from the account's secret, so none has to be kept. */
export function deriveDelegationKey(secret: Uint8Array, account: string, key: DelegationKeyFields): string {
  const text = [account, key.objectId, key.tenantId, key.start, key.expiry, key.service, key.version].join(
    '\n',
  );
  return createHmac('sha256', secret).update(text).digest('base64');
}

export interface CheckedSas {
  /** Object id of the identity that signed. */
  readonly objectId: string;
  readonly tenantId: string;
}

/** Whether the query carries a user delegation SAS (`skoid`). */
export function isDelegationSas(query: URLSearchParams): boolean {
  return query.has('skoid') && query.has('sig');
}

/**
 * Checks signature and times of a user delegation SAS. Permissions are Azurite's to check, on the SAS that
 * `reissueSas` makes; the signer's roles are the caller's.
 *
 * @throws StorageError AuthenticationFailed
 * @see Azure Storage "Create a user delegation SAS", string to sign
 */
export function checkDelegationSas(
  query: URLSearchParams,
  target: StorageTarget,
  secret: Uint8Array,
  now: Date,
): CheckedSas {
  const key: DelegationKeyFields = {
    objectId: required(query, 'skoid'),
    tenantId: required(query, 'sktid'),
    start: required(query, 'skt'),
    expiry: required(query, 'ske'),
    service: required(query, 'sks'),
    version: required(query, 'skv'),
  };
  const text = stringToSign(query, target, key);
  const signature = hmacBase64(deriveDelegationKey(secret, target.account, key), text);
  if (!equalBytes(utf8(signature), utf8(required(query, 'sig'))))
    throw authenticationFailed(`Signature did not match. String to sign used was ${text}`);
  checkWindow(query.get('st'), required(query, 'se'), now, 'Signed expiry time');
  checkWindow(key.start, key.expiry, now, 'Signed key expiry time');
  return { objectId: key.objectId, tenantId: key.tenantId };
}

function required(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === '') throw authenticationFailed(`${name} is mandatory. Cannot be empty`);
  return value;
}

function checkWindow(start: string | null, expiry: string, now: Date, what: string): void {
  if (start !== null && !(Date.parse(start) <= now.getTime()))
    throw authenticationFailed(`Signature not valid in the specified time frame: Start [${start}]`);
  if (!(Date.parse(expiry) > now.getTime()))
    throw authenticationFailed(`${what} [${expiry}] has to be after the current time [${now.toUTCString()}]`);
}

/* Versions that changed the string to sign; the fields that each added, at their place. */
const WITH_AGENT = '2020-02-10';
const WITH_ENCRYPTION_SCOPE = '2020-12-06';
const WITH_DELEGATED_USER = '2025-07-05';
const WITH_REQUEST_PARTS = '2026-04-06';

function stringToSign(query: URLSearchParams, target: StorageTarget, key: DelegationKeyFields): string {
  const version = required(query, 'sv');
  if (version < WITH_AGENT) throw authenticationFailed(`sv ${version} is older than ${WITH_AGENT}`);
  for (const name of ['srh', 'srq', 'sdd'])
    if (query.has(name)) throw authenticationFailed(`${name} is not supported`);
  const field = (name: string): string => query.get(name) ?? '';
  const since = (start: string, ...fields: string[]): string[] => (version >= start ? fields : []);
  return [
    field('sp'),
    field('st'),
    field('se'),
    canonicalName(target, field('sr')),
    key.objectId,
    key.tenantId,
    key.start,
    key.expiry,
    key.service,
    key.version,
    field('saoid'),
    field('suoid'),
    field('scid'),
    ...since(WITH_DELEGATED_USER, field('skdutid'), field('sduoid')),
    field('sip'),
    field('spr'),
    version,
    field('sr'),
    query.get('snapshot') ?? query.get('versionid') ?? '',
    ...since(WITH_ENCRYPTION_SCOPE, field('ses')),
    ...since(WITH_REQUEST_PARTS, '', ''),
    ...RESPONSE_HEADERS.map(field),
  ].join('\n');
}

const RESPONSE_HEADERS = ['rscc', 'rscd', 'rsce', 'rscl', 'rsct'];

function canonicalName(target: StorageTarget, resource: string): string {
  const container = `/blob/${target.account}/${target.container ?? ''}`;
  return resource === 'c' ? container : `${container}/${target.blob ?? ''}`;
}

/* Every query parameter that belongs to a SAS. */
const SAS_PARAMETERS = [
  ...[
    'sv',
    'sr',
    'sp',
    'st',
    'se',
    'sip',
    'spr',
    'sig',
    'si',
    'ses',
    'sdd',
    'srh',
    'srq',
    'skdutid',
    'sduoid',
  ],
  ...['skoid', 'sktid', 'skt', 'ske', 'sks', 'skv', 'saoid', 'suoid', 'scid', ...RESPONSE_HEADERS],
];

/**
 * The query with a service SAS of the same permissions, times and resource, signed with the account's key. Where the
 * request puts a block and the SAS may create, the permission that Azurite wants for it is added.
 */
export function reissueSas(
  query: URLSearchParams,
  target: StorageTarget,
  accountKey: string,
  use: 'as-is' | 'blocks',
): URLSearchParams {
  const reissued = new URLSearchParams([...query].filter(([name]) => !SAS_PARAMETERS.includes(name)));
  const field = (name: string): string =>
    name === 'sp' && use === 'blocks' && isCreateOnly(query) && mayPutBlocks(query)
      ? `${query.get('sp') ?? ''}w`
      : (query.get(name) ?? '');
  for (const name of ['sp', 'st', 'se', 'sr', ...RESPONSE_HEADERS])
    if (query.has(name)) reissued.set(name, field(name));
  reissued.set('sv', REISSUED_SAS_VERSION);
  const text = [
    field('sp'),
    field('st'),
    field('se'),
    canonicalName(target, field('sr')),
    '',
    // The front has looked at the address; Azurite would see its own socket.
    '',
    '',
    REISSUED_SAS_VERSION,
    field('sr'),
    query.get('snapshot') ?? '',
    '',
    ...RESPONSE_HEADERS.map(field),
  ].join('\n');
  reissued.set('sig', hmacBase64(accountKey, text));
  return reissued;
}
