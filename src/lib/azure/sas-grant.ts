// Storage under a shared access signature that somebody was given.

import type { ContractBlob } from '../contract/schema.js';
import type { SasGrant } from '../ports/sas-grant.js';
import { CleanroomError } from '../base/errors.js';
import { readServiceFailure, serviceError } from './service-error.js';

/** The grant, if it opens the container of that blob. */
export function grantFor(blob: ContractBlob, grant: SasGrant | null): SasGrant | null {
  return grant?.account === blob.account && grant.container === blob.container ? grant : null;
}

/** Our error for a failed storage call that nobody interrupted; it may be the SAS's fault. */
export function storageError(what: string, cause: unknown, grant: SasGrant | null): CleanroomError {
  // The SDK calls a connection that breaks within an answer an abortion.
  if (cause instanceof Error && cause.name === 'AbortError')
    return new CleanroomError('SERVICE_UNREACHABLE', `${what}: the connection was cut`, { cause });
  const { status, code } = readServiceFailure(cause);
  if (grant === null || (status !== 403 && status !== 401)) return serviceError(what, cause);
  return new CleanroomError(
    'SAS_REFUSED',
    `${what}: ${status} ${code ?? ''}: storage does not take the SAS`,
    {
      cause,
    },
  );
}
