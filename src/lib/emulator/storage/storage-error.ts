// Errors of the storage front: XML with the codes and texts of Azure Storage.

import { randomUUID } from 'node:crypto';

import type { WireResponse } from '../http/wire.js';
import { STORAGE_VERSION } from './constants.js';

/** A refusal by the front; everything else is answered by Azurite. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Text of `AuthenticationErrorDetail`, where the service gives one. */
    readonly detail?: string,
  ) {
    super(message);
  }
}

const FAILED_TEXT =
  'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.';

/** A signature or SAS that does not hold. */
export function authenticationFailed(detail: string): StorageError {
  return new StorageError(403, 'AuthenticationFailed', FAILED_TEXT, detail);
}

/** A bearer token that does not hold. */
export function invalidToken(detail: string): StorageError {
  return new StorageError(401, 'InvalidAuthenticationInfo', FAILED_TEXT, detail);
}

/** Neither token, key nor signature. */
export function noAuthentication(): StorageError {
  return new StorageError(
    401,
    'NoAuthenticationInformation',
    'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
  );
}

/** An identity without a role that allows the operation. */
export function permissionMismatch(): StorageError {
  return new StorageError(
    403,
    'AuthorizationPermissionMismatch',
    'This request is not authorized to perform this operation using this permission.',
  );
}

/** A SAS that may create, at a blob that there is (REST reference, "Create a service SAS"). */
export function blobOverwrite(): StorageError {
  return new StorageError(
    403,
    'UnauthorizedBlobOverwrite',
    'This request is not authorized to perform blob overwrites.',
  );
}

/** An operation that the blob service does not have, or the local one has not. */
export function unknownOperation(): StorageError {
  return new StorageError(
    400,
    'InvalidQueryParameterValue',
    'Value for one of the query parameters specified in the request URI is invalid.',
  );
}

/** The answer for a refusal. `challenge` is the account's `WWW-Authenticate` value, sent with 401. */
export function renderStorageError(error: StorageError, challenge: string): WireResponse {
  const requestId = randomUUID();
  const detail =
    error.detail === undefined
      ? ''
      : `<AuthenticationErrorDetail>${escapeXml(error.detail)}</AuthenticationErrorDetail>`;
  return {
    status: error.status,
    headers: {
      'content-type': 'application/xml',
      'x-ms-error-code': error.code,
      'x-ms-request-id': requestId,
      'x-ms-version': STORAGE_VERSION,
      ...(error.status === 401 ? { 'www-authenticate': challenge } : {}),
    },
    body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${error.code}</Code><Message>${escapeXml(error.message)}\nRequestId:${requestId}\nTime:${new Date().toISOString()}</Message>${detail}</Error>`,
  };
}

/** Text for an XML element. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
