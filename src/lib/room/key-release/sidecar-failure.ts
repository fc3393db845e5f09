// What a failed sidecar call means. The sidecar folds the errors of the attestation service, the metadata service and the
// vault into one 403, whose text is a chain of what it was doing, outermost first, the cause at its end
// (microsoft/confidential-sidecar-containers, pkg/skr, pkg/attest, pkg/common).

import { CleanroomError, type ErrorCode } from '../../base/errors.js';

/** What the sidecar was asked for. */
export type SidecarFailure = 'report' | 'attestation' | 'release';

interface KnownFailure {
  readonly code: ErrorCode;
  readonly text: RegExp;
}

/* A request that got no answer at all: name, address, TLS or time. */
const UNREACHABLE = /(?:maa|AKV) post request failed|http get authentication token failed/;

/*
 * The steps first: what the attestation service answered is never the vault's answer, whatever its words. Then the texts
 * of Key Vault and Managed HSM. The first that matches.
 */
const RELEASE_FAILURES: readonly KnownFailure[] = [
  { code: 'SERVICE_UNREACHABLE', text: UNREACHABLE },
  {
    code: 'ATTESTATION_REFUSED',
    text: /\battestation failed: |retrieving MAA token|pulling maa post response|Refreshing CertChain/i,
  },
  { code: 'KEY_ACCESS_DENIED', text: /retrieving authentication token/i },
  { code: 'KEY_RELEASE_DENIED', text: /does not meet key release policy/i },
  { code: 'KEY_RELEASE_TOKEN_REJECTED', text: /attestation statement cannot be verified/i },
  { code: 'KEY_DISABLED', text: /KeyDisabled|disabled key/i },
  { code: 'KEY_NOT_FOUND', text: /KeyNotFound|key with \(name\/id\)|status equal to 404/i },
  {
    code: 'KEY_ACCESS_DENIED',
    text: /ForbiddenByRbac|does not have keys release permission|not authorized to perform|status equal to 401|AADSTS/i,
  },
];

/* Enough for the whole chain with a service's answer in it; a longer text keeps both its ends. */
const MAX_QUOTED = 2000;
const KEPT_AT_START = 400;

/** The error of a sidecar call that was answered with `status` and error text `text`. */
export function sidecarFailure(asked: SidecarFailure, status: number, text: string): CleanroomError {
  const quoted = quote(text);
  if (status === 400) {
    const why = quoted === '' ? 'a required field is missing or empty' : quoted;
    return new CleanroomError('SIDECAR_REQUEST_REFUSED', `the sidecar refused the request (400): ${why}`);
  }
  return new CleanroomError(
    codeOf(asked, text),
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
      return UNREACHABLE.test(text) ? 'SERVICE_UNREACHABLE' : 'ATTESTATION_REFUSED';
    case 'release':
      return releaseFailure(text) ?? 'KEY_RELEASE_REFUSED';
  }
}

/* The help stands between what failed and why: it alone is left out. Of URLs the host stays, of tokens nothing. */
function quote(text: string): string {
  const whole = text
    .replace(/\n?ERROR: Please refer[^]*?TROUBLESHOOTING\.md(?:: )?/g, ': ')
    .replace(/\n?ERROR: Please refer to the documentation/g, '')
    .replace(/[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/g, '[token]')
    .replace(/https?:\/\/([^\s/"'\\?#:]+)(?::\d+)?[^\s"'\\,)]*/gi, '$1')
    .replace(/^[:\s]+|[:\s]+$/g, '');
  if (whole.length <= MAX_QUOTED) return whole;
  return `${whole.slice(0, KEPT_AT_START)} … ${whole.slice(KEPT_AT_START - MAX_QUOTED)}`;
}
