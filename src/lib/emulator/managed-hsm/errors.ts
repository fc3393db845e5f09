// Refusals of a key host in Azure's words, one constructor each (Key Vault).

import { randomUUID } from 'node:crypto';

import { AzureError } from '../http/azure-error.js';
import type { HostKind } from './constants.js';

/* Texts of secure key release have a number on a vault and none on a managed HSM. */
const SKR_TEXTS = {
  1004: 'Exportable keys must have release policy.',
  1005: 'Non-exportable keys must not have release policy.',
  1006: 'Exportable keys must be HSM-protected keys.',
  1014: 'Cannot modify the exportable state of a key.',
  1016: 'Key Release Policy can only be set on versionless key.',
  1020: 'Immutable Key Release Policy cannot be modified.',
} as const;

export function releaseRule(kind: HostKind, number: keyof typeof SKR_TEXTS): AzureError {
  const text = SKR_TEXTS[number];
  return badParameter(kind, kind.numberedErrors ? `AKV.SKR.${number}: ${text}` : text);
}

export function badParameter(kind: HostKind, message: string): AzureError {
  return new AzureError(400, 'BadParameter', withActivity(kind, message));
}

export function incompatibleAlgorithm(
  kind: HostKind,
  asked: { readonly kid: string; readonly crv: string; readonly alg: string; readonly curve: string },
): AzureError {
  return badParameter(
    kind,
    `Key and signing algorithm are incompatible. Key ${asked.kid} uses curve '${asked.crv}', and algorithm '${asked.alg}' can only be used with curve '${asked.curve}'.`,
  );
}

export function invalidLength(
  kind: HostKind,
  asked: { readonly member: string; readonly bytes: number; readonly alg: string; readonly needed: number },
): AzureError {
  return badParameter(
    kind,
    `Invalid length of '${asked.member}': ${asked.bytes} bytes. ${asked.alg} requires ${asked.needed} bytes, encoded with base64url.`,
  );
}

export function keyNotFound(kind: HostKind, id: string): AzureError {
  return new AzureError(
    404,
    'KeyNotFound',
    withActivity(
      kind,
      `A key with (name/id) ${id} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command.`,
    ),
  );
}

export function deletedKeyNotFound(kind: HostKind, name: string): AzureError {
  return new AzureError(404, 'KeyNotFound', withActivity(kind, `Deleted Key not found: ${name}`));
}

export function nameIsDeleted(kind: HostKind, name: string): AzureError {
  return new AzureError(
    409,
    'Conflict',
    withActivity(
      kind,
      `Key ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.`,
    ),
    'ObjectIsDeletedButRecoverable',
  );
}

export function operationForbidden(kind: HostKind, operation: string): AzureError {
  return new AzureError(
    403,
    'Forbidden',
    withActivity(kind, `Operation ${operation} is not permitted on this key.`),
    'KeyOperationForbidden',
  );
}

export function keyDisabled(kind: HostKind, operation: string): AzureError {
  return new AzureError(
    403,
    'Forbidden',
    withActivity(kind, `Operation ${operation} is not allowed on a disabled key.`),
    'KeyDisabled',
  );
}

export function keyOutOfTime(
  kind: HostKind,
  operation: string,
  when: 'expired' | 'not yet valid',
): AzureError {
  return new AzureError(
    403,
    'Forbidden',
    withActivity(kind, `Operation ${operation} is not allowed on a key that is ${when}.`),
    when === 'expired' ? 'KeyExpired' : 'KeyNotYetValid',
  );
}

export function notExportable(kind: HostKind): AzureError {
  return new AzureError(
    403,
    'Forbidden',
    withActivity(kind, 'Operation release is not allowed on a non-exportable key.'),
    'AccessDenied',
  );
}

export function tokenNotVerified(kind: HostKind): AzureError {
  return new AzureError(
    403,
    'Forbidden',
    withActivity(kind, 'Target environment attestation statement cannot be verified.'),
    'AccessDenied',
  );
}

export function policyNotMet(kind: HostKind): AzureError {
  return new AzureError(
    403,
    'Forbidden',
    withActivity(kind, 'Target environment attestation does not meet key release policy requirements.'),
    'AccessDenied',
  );
}

export function notAuthorized(
  kind: HostKind,
  caller: { readonly clientId: string; readonly principalId: string },
  action: string,
  scope: string,
): AzureError {
  return new AzureError(
    403,
    'Forbidden',
    withActivity(
      kind,
      `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid=${caller.clientId};oid=${caller.principalId}\r\nAction: '${action}'\r\nResource: '${scope}'\r\nAssignment: (not found)`,
    ),
    'ForbiddenByRbac',
  );
}

function withActivity(kind: HostKind, message: string): string {
  return kind.numberedErrors ? message : `${message} (Activity ID: ${randomUUID()})`;
}
