// What a vault answers when it refuses, each case with its own code, cause and fix.

import { CleanroomError, describeCause, type ErrorCode } from '../errors.js';
import { readServiceFailure, redact, serviceError } from './service-error.js';

interface KnownRefusal {
  readonly status: number;
  /** Against Azure's code, inner code and message together. */
  readonly text: RegExp;
  readonly code: ErrorCode;
}

/* First match counts. AKV.SKR numbers are Key Vault's; Managed HSM writes the same texts without them. */
const REFUSALS: readonly KnownRefusal[] = [
  { status: 400, text: /AKV\.SKR\.1020|immutable key release policy/i, code: 'KEY_POLICY_IMMUTABLE' },
  { status: 400, text: /AKV\.SKR\.1016|only be set on versionless key/i, code: 'KEY_POLICY_VERSIONED' },
  { status: 400, text: /AKV\.SKR\.(?:1014|1003)|modify the exportable state/i, code: 'KEY_EXPORTABLE_FIXED' },
  { status: 400, text: /AKV\.SKR\.(?:1001|1006)|only supported with premium/i, code: 'VAULT_NOT_PREMIUM' },
  {
    status: 400,
    text: /AKV\.SKR\.1004|exportable keys must have release policy/i,
    code: 'KEY_POLICY_MISSING',
  },
  { status: 400, text: /AKV\.SKR\.1005|non-exportable keys must not/i, code: 'KEY_NOT_EXPORTABLE' },
  { status: 400, text: /not (?:marked as )?exportable|non-exportable/i, code: 'KEY_NOT_EXPORTABLE' },
  { status: 400, text: /AKV\.SKR\.\d+|key release policy/i, code: 'KEY_POLICY_REFUSED' },
  { status: 403, text: /does not meet key release policy/i, code: 'KEY_RELEASE_DENIED' },
  { status: 403, text: /attestation statement cannot be verified/i, code: 'KEY_RELEASE_TOKEN_REJECTED' },
  { status: 403, text: /KeyDisabled|disabled key/i, code: 'KEY_DISABLED' },
  { status: 403, text: /not (?:marked as )?exportable|non-exportable/i, code: 'KEY_NOT_EXPORTABLE' },
  { status: 403, text: /Hardware key operation not allowed/i, code: 'VAULT_NOT_PREMIUM' },
  { status: 403, text: /ForbiddenByFirewall|client address is not authorized/i, code: 'VAULT_FIREWALL' },
  {
    status: 403,
    text: /is not permitted on this key|KeyOperationForbidden/i,
    code: 'KEY_OPERATION_FORBIDDEN',
  },
  { status: 403, text: /./s, code: 'KEY_ACCESS_DENIED' },
  { status: 404, text: /./s, code: 'KEY_NOT_FOUND' },
  { status: 409, text: /deleted but recoverable|ObjectIsDeletedButRecoverable/i, code: 'KEY_NAME_DELETED' },
  { status: 409, text: /being deleted|ObjectIsBeing/i, code: 'KEY_NAME_BUSY' },
  { status: 409, text: /./s, code: 'KEY_CONFLICT' },
];

/** Our error for a failed vault call; `what` names vault, operation and key. */
export function keyVaultError(what: string, cause: unknown): CleanroomError {
  if (cause instanceof CleanroomError) return cause;
  const { status, code } = readServiceFailure(cause);
  const text = [code, innerCode(cause), describeCause(cause)].filter((part) => part !== null).join(' ');
  const known = REFUSALS.find((refusal) => refusal.status === status && refusal.text.test(text));
  if (known !== undefined) {
    const message = redact(describeCause(cause).split('\n')[0] ?? '').slice(0, 400);
    return new CleanroomError(known.code, `${what}: ${status} ${code ?? ''} (${message})`, { cause });
  }
  if (/challenge resource .* does not match/i.test(text)) {
    return new CleanroomError(
      'VAULT_HOST_UNKNOWN',
      `${what}: the vault asks for a token of another service`,
      { cause },
    );
  }
  return serviceError(what, cause);
}

/** Whether the vault says that there is no such key. */
export function isKeyMissing(cause: unknown): boolean {
  return readServiceFailure(cause).status === 404;
}

function innerCode(cause: unknown): string | null {
  let value: unknown = cause instanceof Error && 'details' in cause ? cause.details : null;
  for (const name of ['error', 'innerError', 'code']) {
    if (typeof value !== 'object' || value === null) return null;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return typeof value === 'string' ? value : null;
}
