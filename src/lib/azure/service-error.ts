// Errors of the Azure SDKs, turned into ours: which service, which status, which code, and what to do.

import { CleanroomError, describeCause, type ErrorCode, systemErrorCode } from '../base/errors.js';

/** What an Azure SDK throws, as far as we read it. */
export interface ServiceFailure {
  readonly status: number | null;
  /** Azure's error code, such as `AuthorizationFailure`. */
  readonly code: string | null;
  readonly message: string;
}

/** The parts of a thrown SDK error that say what the service answered. */
export function readServiceFailure(cause: unknown): ServiceFailure {
  const status =
    cause instanceof Error && 'statusCode' in cause && typeof cause.statusCode === 'number'
      ? cause.statusCode
      : null;
  const detail = cause instanceof Error && 'details' in cause ? errorCodeOf(cause.details) : null;
  return { status, code: detail ?? systemErrorCode(cause) ?? null, message: firstLine(describeCause(cause)) };
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'ETIMEDOUT',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'REQUEST_SEND_ERROR',
]);

/** Codes for a service's refusals where the caller has nothing more exact. */
export interface FailureCodes {
  readonly unauthenticated: ErrorCode;
  readonly forbidden: ErrorCode;
  readonly failed: ErrorCode;
}

const LOGIN_HINT =
  "Check the authority's address in the profile, the network, and that its certificate is one of the profile's TLS roots.";

const DEFAULT_CODES: FailureCodes = {
  unauthenticated: 'SERVICE_UNAUTHENTICATED',
  forbidden: 'SERVICE_FORBIDDEN',
  failed: 'SERVICE_REFUSED',
};

/**
 * Our error for a failed call. `what` names the service and the operation ("storage account fabrikamdata: reading
 * notes.sealed"). Request URLs, which may carry a SAS, are never copied into the message.
 */
export function serviceError(
  what: string,
  cause: unknown,
  codes: FailureCodes = DEFAULT_CODES,
): CleanroomError {
  if (cause instanceof CleanroomError) return cause;
  const { status, code, message } = readServiceFailure(cause);
  if (cause instanceof Error && cause.name === 'AbortError')
    return new CleanroomError('INTERRUPTED', 'interrupted', { cause });
  if (status === null && isCredentialFailure(cause) && !isNetworkFailure(cause)) {
    return new CleanroomError('LOGIN_FAILED', `${what}: no token was issued (${redact(message)})`, {
      cause,
    });
  }
  if (status === null || (code !== null && UNREACHABLE.has(code))) {
    const login = isCredentialFailure(cause) ? 'the login service was not reached' : 'not reached';
    const hint = login === 'not reached' ? {} : { hint: LOGIN_HINT };
    return new CleanroomError('SERVICE_UNREACHABLE', `${what}: ${login} (${redact(message)})`, {
      cause,
      ...hint,
    });
  }
  const answer = `${what}: ${status}${code === null ? '' : ` ${code}`} (${redact(message)})`;
  if (status === 401) return new CleanroomError(codes.unauthenticated, answer, { cause });
  if (status === 403) return new CleanroomError(codes.forbidden, answer, { cause });
  if (status === 429) return new CleanroomError('SERVICE_THROTTLED', answer, { cause });
  return new CleanroomError(codes.failed, answer, { cause });
}

/** `message` without URLs' queries (a SAS) and without anything that looks like a JWT. */
export function redact(message: string): string {
  return message
    .replace(/(https?:\/\/[^\s?"']+)\?[^\s"']*/g, '$1?…')
    .replace(/\b(sig|sv|se|sp|skoid)=[^&\s"']+/g, '$1=…')
    .replace(/\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){1,2}/g, '[token]');
}

function isCredentialFailure(cause: unknown): boolean {
  return cause instanceof Error && /Credential|Authentication/.test(cause.name);
}

/* What the login says where no answer came: its libraries name no cause, so a certificate is among what may be wrong. */
const NOT_REACHED =
  /\b(?:endpoints_resolution_error|network_error|no_network_connectivity)\b|certificate|socket hang up/i;

function isNetworkFailure(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const code = systemErrorCode(cause);
  if (code !== undefined && (UNREACHABLE.has(code) || /^(?:CERT_|ERR_TLS_)|CERT/.test(code))) return true;
  return NOT_REACHED.test(cause.message) || isNetworkFailure(cause.cause);
}

function errorCodeOf(details: unknown): string | null {
  if (typeof details !== 'object' || details === null) return null;
  if ('errorCode' in details && typeof details.errorCode === 'string') return details.errorCode;
  if ('error' in details) return errorCodeOf(details.error);
  return 'code' in details && typeof details.code === 'string' ? details.code : null;
}

function firstLine(text: string): string {
  return text.split(/\r?\n/)[0] ?? '';
}
