// Get User Delegation Key (Azure Storage REST, blob service).

import { randomUUID } from 'node:crypto';

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import type { WireResponse } from '../http/wire.js';
import { DELEGATION_SINCE, MAX_DELEGATION_DAYS, STORAGE_VERSION } from './constants.js';
import type { AccessToken } from '../identity/access-tokens.js';
import type { StorageAccount } from './storage-account.js';
import { StorageError } from './storage-error.js';
import { deriveDelegationKey } from './user-delegation.js';

const DAY_MS = 86_400_000;

/** A request for a key. */
export interface DelegationKeyRequest {
  readonly body: Uint8Array;
  /** `x-ms-version`: the key is of it. */
  readonly version: string;
}

/** The answer to a caller whose role has been checked. @throws StorageError for versions and times that Azure refuses. */
export function delegationKeyResponse(
  { body, version }: DelegationKeyRequest,
  account: StorageAccount,
  caller: AccessToken,
  now: Date,
): WireResponse {
  if (!/^\d{4}-\d\d-\d\d$/.test(version) || version < DELEGATION_SINCE || version > STORAGE_VERSION)
    throw new StorageError(
      400,
      'InvalidHeaderValue',
      'The value for one of the HTTP headers is not in the correct format.',
    );
  const text = decodeUtf8(body) ?? '';
  const start = readTime(text, 'Start') ?? now;
  const expiry = readTime(text, 'Expiry');
  if (expiry === null || expiry <= now || expiry.getTime() > now.getTime() + MAX_DELEGATION_DAYS * DAY_MS)
    throw new StorageError(
      400,
      'InvalidXmlNodeValue',
      'The value for one of the XML nodes is not in the correct format: Expiry',
    );
  const key = {
    objectId: caller.principalId,
    tenantId: caller.tenantId,
    start: wireTime(start),
    expiry: wireTime(expiry),
    service: 'b',
    version,
  };
  const value = deriveDelegationKey(account.delegationSecret, account.name, key);
  return {
    status: 200,
    headers: {
      'content-type': 'application/xml',
      'x-ms-request-id': randomUUID(),
      'x-ms-version': version,
    },
    body: `<?xml version="1.0" encoding="utf-8"?><UserDelegationKey><SignedOid>${key.objectId}</SignedOid><SignedTid>${key.tenantId}</SignedTid><SignedStart>${key.start}</SignedStart><SignedExpiry>${key.expiry}</SignedExpiry><SignedService>${key.service}</SignedService><SignedVersion>${key.version}</SignedVersion><Value>${value}</Value></UserDelegationKey>`,
  };
}

function readTime(xml: string, element: string): Date | null {
  const found = new RegExp(`<${element}>([^<]+)</${element}>`).exec(xml)?.[1];
  const time = found === undefined ? Number.NaN : Date.parse(found);
  return Number.isNaN(time) ? null : new Date(time);
}

/** Whole seconds, as the SDK puts them into the SAS (`skt`, `ske`). */
function wireTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
