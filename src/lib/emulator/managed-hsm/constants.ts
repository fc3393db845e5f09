// What differs between a managed HSM and a Key Vault Premium, and the limits of both (Key Vault).

import { RESOURCES } from '../identity/constants.js';

/** Every version of the data plane that was published; all have the members that the flow uses. */
export const API_VERSIONS: readonly string[] = [
  ...['7.0', '7.1', '7.2-preview', '7.2', '7.3-preview', '7.3'],
  ...['7.4-preview.1', '7.4', '7.5-preview.1', '7.5', '7.6-preview.1', '7.6-preview.2', '7.6'],
  ...['2025-06-01-preview', '2025-07-01', '2026-01-01-preview', '2026-04-01', '2026-05-01-preview'],
];
export const RSA_SIZES: readonly number[] = [2048, 3072, 4096];
export const DEFAULT_RSA_SIZE = 2048;
export const OCT_SIZES: readonly number[] = [128, 192, 256];
export const DEFAULT_OCT_SIZE = 256;
export const MAX_OCT_BYTES = 64;
export const MAX_POLICY_BYTES = 32 * 1024;
export const MIN_RUNTIME_KEY_BITS = 2048;
export const PAGE_SIZE = 25;

/** JWK name to the name OpenSSL has for the curve. */
export const CURVES: Readonly<Record<string, string>> = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
  'P-256K': 'secp256k1',
};

export type Operation =
  | 'read'
  | 'create'
  | 'import'
  | 'update'
  | 'delete'
  | 'readDeleted'
  | 'recover'
  | 'purge'
  | 'wrapKey'
  | 'unwrapKey'
  | 'encrypt'
  | 'decrypt'
  | 'sign'
  | 'verify'
  | 'release'
  | 'rotate'
  | 'readRotation'
  | 'writeRotation'
  | 'backup'
  | 'restore'
  | 'random';

/** A kind of key host, as data. */
export interface HostKind {
  readonly name: 'managed-hsm' | 'key-vault-premium';
  /** Resource that tokens are for, and of the challenge. */
  readonly resource: string;
  /** Host of the login that the challenge names (recorded 2022). */
  readonly loginHost: string;
  /** Whether error texts carry `AKV.SKR.NNNN:`; a managed HSM appends an activity id instead. */
  readonly numberedErrors: boolean;
  readonly recoveryLevel: string;
  readonly recoverableDays: number;
  /** Symmetric keys exist on a managed HSM only. */
  readonly octKeys: boolean;
  /** Every key of a managed HSM is an HSM key; a vault has software keys too. */
  readonly onlyHsmKeys: boolean;
  /** Whether `"immutable": false` is written out. */
  readonly showsMutable: boolean;
  /** `kty` of the released key inside the JWS: `RSA` on a managed HSM, `RSA-HSM` on a vault. */
  readonly releasedKtyWithSuffix: boolean;
  readonly jwsHeader: 'sha256-kid' | 'sha1-kid';
  /** Whether the exponent of an RSA-HSM key is written with a leading zero byte. */
  readonly padsHsmExponent: boolean;
  /** Whether a release policy is stored with its members in the service's own order. */
  readonly rewritesPolicy: boolean;
  /** RBAC data action of each operation. */
  readonly dataActions: Readonly<Record<Operation, string>>;
}

const HSM = 'Microsoft.KeyVault/managedHsm';
const VAULT = 'Microsoft.KeyVault/vaults';

export const MANAGED_HSM: HostKind = {
  name: 'managed-hsm',
  resource: RESOURCES.managedHsm,
  loginHost: 'login.microsoftonline.com',
  numberedErrors: false,
  recoveryLevel: 'CustomizedRecoverable+Purgeable',
  recoverableDays: 7,
  octKeys: true,
  onlyHsmKeys: true,
  showsMutable: false,
  releasedKtyWithSuffix: false,
  jwsHeader: 'sha256-kid',
  padsHsmExponent: false,
  rewritesPolicy: false,
  dataActions: {
    read: `${HSM}/keys/read/action`,
    create: `${HSM}/keys/create`,
    import: `${HSM}/keys/import/action`,
    update: `${HSM}/keys/write/action`,
    delete: `${HSM}/keys/delete`,
    readDeleted: `${HSM}/keys/deletedKeys/read/action`,
    recover: `${HSM}/keys/deletedKeys/recover/action`,
    purge: `${HSM}/keys/deletedKeys/delete`,
    wrapKey: `${HSM}/keys/wrap/action`,
    unwrapKey: `${HSM}/keys/unwrap/action`,
    encrypt: `${HSM}/keys/encrypt/action`,
    decrypt: `${HSM}/keys/decrypt/action`,
    sign: `${HSM}/keys/sign/action`,
    verify: `${HSM}/keys/verify/action`,
    release: `${HSM}/keys/release/action`,
    rotate: `${HSM}/keys/rotate/action`,
    readRotation: `${HSM}/keys/read/action`,
    writeRotation: `${HSM}/keys/write/action`,
    backup: `${HSM}/keys/backup/action`,
    restore: `${HSM}/keys/restore/action`,
    random: `${HSM}/rng/action`,
  },
};

export const KEY_VAULT_PREMIUM: HostKind = {
  name: 'key-vault-premium',
  resource: RESOURCES.vault,
  loginHost: 'login.windows.net',
  numberedErrors: true,
  recoveryLevel: 'Recoverable+Purgeable',
  recoverableDays: 90,
  octKeys: false,
  onlyHsmKeys: false,
  showsMutable: true,
  releasedKtyWithSuffix: true,
  jwsHeader: 'sha1-kid',
  padsHsmExponent: true,
  rewritesPolicy: true,
  dataActions: {
    read: `${VAULT}/keys/read`,
    create: `${VAULT}/keys/create/action`,
    import: `${VAULT}/keys/import/action`,
    update: `${VAULT}/keys/update/action`,
    delete: `${VAULT}/keys/delete`,
    readDeleted: `${VAULT}/keys/read`,
    recover: `${VAULT}/keys/recover/action`,
    purge: `${VAULT}/keys/purge/action`,
    wrapKey: `${VAULT}/keys/wrap/action`,
    unwrapKey: `${VAULT}/keys/unwrap/action`,
    encrypt: `${VAULT}/keys/encrypt/action`,
    decrypt: `${VAULT}/keys/decrypt/action`,
    sign: `${VAULT}/keys/sign/action`,
    verify: `${VAULT}/keys/verify/action`,
    release: `${VAULT}/keys/release/action`,
    rotate: `${VAULT}/keys/rotate/action`,
    readRotation: `${VAULT}/keyrotationpolicies/read`,
    writeRotation: `${VAULT}/keyrotationpolicies/write`,
    backup: `${VAULT}/keys/backup/action`,
    restore: `${VAULT}/keys/restore/action`,
    random: `${VAULT}/keys/read`,
  },
};
