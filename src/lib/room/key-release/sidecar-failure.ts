// What a failed sidecar call means: the sidecar folds the errors of MAA and the vault into one 403 text.

import { CleanroomError, type ErrorCode } from '../../base/errors.js';

/** What the sidecar was asked for. */
export type SidecarFailure = 'report' | 'attestation' | 'release';

interface KnownFailure {
  readonly code: ErrorCode;
  readonly text: RegExp;
}

/* The first that matches; texts as Key Vault, Managed HSM and the sidecar write them. */
const RELEASE_FAILURES: readonly KnownFailure[] = [
  { code: 'KEY_RELEASE_DENIED', text: /does not meet key release policy/i },
  { code: 'KEY_RELEASE_TOKEN_REJECTED', text: /attestation statement cannot be verified/i },
  { code: 'KEY_DISABLED', text: /KeyDisabled|disabled key/i },
  { code: 'KEY_NOT_FOUND', text: /KeyNotFound|key with \(name\/id\)|status equal to 404/i },
  {
    code: 'KEY_ACCESS_DENIED',
    text: /ForbiddenByRbac|does not have keys release permission|not authorized to perform|status equal to 401|retrieving .*token|AADSTS/i,
  },
  { code: 'ATTESTATION_REFUSED', text: /\/attest\/|maa|attestation (?:service|token|failed)/i },
];

const MAX_QUOTED = 600;

/** The error of a sidecar call that was answered with `status` and error text `text`. */
export function sidecarFailure(asked: SidecarFailure, status: number, text: string): CleanroomError {
  const quoted = quote(text);
  if (status === 400) {
    const why = quoted === '' ? 'a required field is missing or empty' : quoted;
    return new CleanroomError('SIDECAR_REQUEST_REFUSED', `the sidecar refused the request (400): ${why}`);
  }
  const code = codeOf(asked, text);
  return new CleanroomError(
    code,
    `the sidecar answered ${status}: ${quoted === '' ? 'no reason given' : quoted}`,
  );
}

/** Our code for a text of the sidecar about a failed release; null for one that is not known. */
export function releaseFailure(text: string): ErrorCode | null {
  return RELEASE_FAILURES.find((known) => known.text.test(text))?.code ?? null;
}

function codeOf(asked: SidecarFailure, text: string): ErrorCode {
  switch (asked) {
    case 'report':
      return 'SIDECAR_REQUEST_REFUSED';
    case 'attestation':
      return 'ATTESTATION_REFUSED';
    case 'release':
      return releaseFailure(text) ?? 'KEY_RELEASE_REFUSED';
  }
}

/* The help block at the end is left out; anything like a token is cut. */
function quote(text: string): string {
  return text
    .split('ERROR: Please refer to the documentation')
    .join('')
    .replace(/[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/g, '[token]')
    .trim()
    .slice(0, MAX_QUOTED);
}
