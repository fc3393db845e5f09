// What a vault's refusals mean: Azure's status and text to our code (Key Vault).

import type { ErrorCode } from '../../base/error-codes.js';

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
  {
    status: 403,
    text: /KeyExpired|KeyNotYetValid|key that is (?:expired|not yet valid)/i,
    code: 'KEY_OUT_OF_TIME',
  },
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

/** Our code for a vault's answer of `status` with that text; null for one that is not known. */
export function vaultRefusal(status: number | null, text: string): ErrorCode | null {
  return REFUSALS.find((refusal) => refusal.status === status && refusal.text.test(text))?.code ?? null;
}

/* Where no status is known, only texts that a vault alone writes. */
const UNMISTAKABLE =
  /AKV\.SKR\.\d+|key release policy|must have release policy|attestation statement cannot be verified|KeyDisabled|disabled key|exportable state|Hardware key operation|ForbiddenByRbac|ForbiddenByFirewall|KeyOperationForbidden|not permitted on this key|keys release permission|ObjectIsDeletedButRecoverable|A key with \(name\/id\)|Deleted Key not found/i;

/** As `vaultRefusal`, from a text alone: of the refusals whose words no other service uses. */
export function vaultRefusalByText(text: string): ErrorCode | null {
  if (!UNMISTAKABLE.test(text)) return null;
  if (/A key with \(name\/id\)|Deleted Key not found/i.test(text)) return 'KEY_NOT_FOUND';
  const fitting = REFUSALS.filter((refusal) => refusal.text.source !== '.' && refusal.text.test(text));
  const exact = fitting.find(({ code }) => code !== 'KEY_POLICY_REFUSED') ?? fitting[0];
  return exact?.code ?? 'KEY_ACCESS_DENIED';
}
