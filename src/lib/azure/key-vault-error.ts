// What a vault answers when it refuses, each case with its own code, cause and fix.

import { CleanroomError, describeCause } from '../base/errors.js';
import { vaultRefusal } from '../room/key-release/vault-refusals.js';
import { readServiceFailure, redact, serviceError } from './service-error.js';

/** Our error for a failed vault call; `what` names vault, operation and key. */
export function keyVaultError(what: string, cause: unknown): CleanroomError {
  if (cause instanceof CleanroomError) return cause;
  // The SDK stumbles over a refusal without a body, which is how a Managed HSM answers a login of another tenant.
  if (cause instanceof TypeError)
    return new CleanroomError('SERVICE_UNAUTHENTICATED', `${what}: refused without a reason, as with 401`, {
      cause,
    });
  // The SDK's own look at a key's dates, before it asks for a signature.
  if (cause instanceof Error && /^Key \S+ (?:can't be used before|expired at) /.test(cause.message))
    return new CleanroomError('KEY_OUT_OF_TIME', `${what}: ${cause.message}`, { cause });
  const { status, code } = readServiceFailure(cause);
  const text = [code, innerCode(cause), describeCause(cause)].filter((part) => part !== null).join(' ');
  const known = vaultRefusal(status, text);
  if (known !== null) {
    const message = redact(describeCause(cause).split(/\r?\n/)[0] ?? '').slice(0, 400);
    return new CleanroomError(known, `${what}: ${status} ${code ?? ''} (${message})`, { cause });
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

/** Whether the vault does not know the call, or not for keys of its kind. */
export function hasNoSuchCall(cause: unknown): boolean {
  return [400, 404, 405].includes(readServiceFailure(cause).status ?? 0);
}

function innerCode(cause: unknown): string | null {
  let value: unknown = cause instanceof Error && 'details' in cause ? cause.details : null;
  for (const name of ['error', 'innerError', 'code']) {
    if (typeof value !== 'object' || value === null) return null;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return typeof value === 'string' ? value : null;
}
