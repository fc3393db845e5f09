// Statuses, codes and texts are Azure's own, as recorded from Key Vault and Managed HSM (Key Vault).

import assert from 'node:assert/strict';

import { keyVaultError } from '../../../src/lib/azure/key-vault-error.js';
import { ERROR_CODES } from '../../../src/lib/base/error-codes.js';

interface Recorded {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly inner?: string;
}

/* The shape of the SDK's RestError. */
function restError({ status, code, message, inner }: Recorded): Error {
  return Object.assign(new Error(message), {
    name: 'RestError',
    statusCode: status,
    code,
    details: { error: { code, message, ...(inner === undefined ? {} : { innerError: { code: inner } }) } },
  });
}

const ACTIVITY = '(Activity ID: 00000000-0000-0000-0000-000000000000)';

const RECORDED: readonly (readonly [string, Recorded])[] = [
  ['KEY_POLICY_MISSING', bad('AKV.SKR.1004: Exportable keys must have release policy.')],
  ['KEY_POLICY_MISSING', bad(`Exportable keys must have release policy. ${ACTIVITY}`)],
  ['KEY_NOT_EXPORTABLE', bad('AKV.SKR.1005: Non-exportable keys must not have release policy.')],
  [
    'VAULT_NOT_PREMIUM',
    bad(
      "AKV.SKR.1001: The exportable attribute is only supported with premium vaults and API version >= '7.3-preview'.",
    ),
  ],
  ['VAULT_NOT_PREMIUM', bad('AKV.SKR.1006: Software keys cannot be exportable.')],
  ['KEY_EXPORTABLE_FIXED', bad('AKV.SKR.1014: Cannot modify the exportable state of a key.')],
  ['KEY_POLICY_VERSIONED', bad('AKV.SKR.1016: Key Release Policy can only be set on versionless key')],
  ['KEY_POLICY_IMMUTABLE', bad('AKV.SKR.1020: Immutable Key Release Policy cannot be modified.')],
  ['KEY_POLICY_REFUSED', bad(`Key Release Policy: missing 'version' property ${ACTIVITY}`)],
  [
    'KEY_RELEASE_DENIED',
    forbidden('Target environment attestation does not meet key release policy requirements.'),
  ],
  [
    'KEY_RELEASE_TOKEN_REJECTED',
    forbidden('Target environment attestation statement cannot be verified.', 'AccessDenied'),
  ],
  ['KEY_DISABLED', forbidden('Operation release is not allowed on a disabled key.', 'KeyDisabled')],
  ['KEY_OUT_OF_TIME', forbidden('Operation sign is not allowed on a key that is expired.', 'KeyExpired')],
  [
    'KEY_ACCESS_DENIED',
    forbidden('Caller is not authorized to perform action on resource.', 'ForbiddenByRbac'),
  ],
  ['VAULT_FIREWALL', forbidden('Client address is not authorized.', 'ForbiddenByFirewall')],
  ['VAULT_NOT_PREMIUM', forbidden('Hardware key operation not allowed on standard vault')],
  ['KEY_OPERATION_FORBIDDEN', forbidden('Operation unwrapKey is not permitted on this key.')],
  [
    'KEY_NOT_FOUND',
    {
      status: 404,
      code: 'KeyNotFound',
      message: 'A key with (name/id) notes was not found in this key vault.',
    },
  ],
  [
    'KEY_NAME_DELETED',
    {
      status: 409,
      code: 'Conflict',
      message: 'Key notes is currently in a deleted but recoverable state, and its name cannot be reused.',
      inner: 'ObjectIsDeletedButRecoverable',
    },
  ],
  [
    'KEY_NAME_BUSY',
    { status: 409, code: 'Conflict', message: 'Key is being deleted', inner: 'ObjectIsBeingDeleted' },
  ],
  ['KEY_CONFLICT', { status: 409, code: 'Conflict', message: 'Conflict' }],
  ['SERVICE_UNAUTHENTICATED', { status: 401, code: 'Unauthorized', message: 'AKV10032: Invalid issuer.' }],
  ['SERVICE_THROTTLED', { status: 429, code: 'Throttled', message: 'Request was not processed' }],
];

describe('errors of a vault', () => {
  for (const [code, recorded] of RECORDED) {
    it(`turns ${recorded.status} "${recorded.message.slice(0, 50)}" into ${code}, with cause and fix`, () => {
      const error = keyVaultError('Managed HSM fabrikam-hsm: creation of key notes', restError(recorded));
      assert.equal(error.code, code);
      assert.ok(error.message.includes(String(recorded.status)) && error.message.includes('of key notes'));
      assert.ok(error.hint.length > 20 && error.hint === ERROR_CODES[error.code].fix);
    });
  }
});

function bad(message: string): Recorded {
  return { status: 400, code: 'BadParameter', message };
}

function forbidden(message: string, inner?: string): Recorded {
  return { status: 403, code: 'Forbidden', message, ...(inner === undefined ? {} : { inner }) };
}
