// What a role assignment lets its principal do with a key, by the actions of the role, or by its name where they are not told.

import { findVaultFlavour, type VaultFlavour } from '../contract/vault-flavour.js';
import { givesAction } from './azure-actions.js';

/** A role assignment as a vault, Azure Resource Manager or an export tells it. */
export interface RoleGrant {
  readonly principal: string;
  readonly role: string;
  readonly scope: string;
  /** Azure's data actions; absent: those of the built-in role of that name. */
  readonly dataActions?: readonly string[] | undefined;
  readonly notDataActions?: readonly string[] | undefined;
  /** Actions of the control plane, which an export need not have. */
  readonly actions?: readonly string[] | undefined;
  readonly notActions?: readonly string[] | undefined;
}

/** use: unwrap and decrypt. change: operations and tags. grant: roles, for itself too. restore: take backups. */
export type Power = 'use' | 'change' | 'grant' | 'restore';

const POWERS: readonly Power[] = ['use', 'change', 'grant', 'restore'];
const HSM = 'Microsoft.KeyVault/managedHsm';
const VAULT = 'Microsoft.KeyVault/vaults';

/* Any one of the actions gives the power. */
const DATA_ACTIONS: Readonly<Record<Power, readonly string[]>> = {
  use: [HSM, VAULT].flatMap((of) => [`${of}/keys/decrypt/action`, `${of}/keys/unwrap/action`]),
  change: [
    `${HSM}/keys/write/action`,
    `${HSM}/keys/import/action`,
    `${VAULT}/keys/update/action`,
    `${VAULT}/keys/import/action`,
  ],
  grant: [`${HSM}/roleAssignments/write/action`],
  restore: [`${HSM}/keys/backup/action`, `${HSM}/backup/start/action`, `${VAULT}/keys/backup/action`],
};

/* Of a key vault: whoever may write it can turn its roles into access policies of their own making. A Managed HSM's keys
   are out of reach for the control plane. */
const CONTROL_ACTIONS = [
  'Microsoft.Authorization/roleAssignments/write',
  `${VAULT}/write`,
  `${VAULT}/accessPolicies/write`,
];

const POWERS_OF_ROLE: Readonly<Record<string, readonly Power[]>> = {
  'Managed HSM Administrator': ['grant', 'restore'],
  'Managed HSM Crypto Officer': ['grant'],
  'Managed HSM Crypto User': ['use', 'change', 'restore'],
  'Managed HSM Policy Administrator': ['grant'],
  'Managed HSM Crypto Auditor': [],
  'Managed HSM Crypto Service Encryption User': ['use'],
  'Managed HSM Crypto Service Release User': [],
  'Managed HSM Backup User': ['restore'],
  'Key Vault Administrator': ['use', 'change', 'restore'],
  'Key Vault Crypto Officer': ['use', 'change', 'restore'],
  'Key Vault Crypto User': ['use', 'change', 'restore'],
  'Key Vault Crypto Service Encryption User': ['use'],
  'Key Vault Crypto Service Release User': [],
  'Key Vault Reader': [],
};

/* Roles of the control plane, by name. */
const POWERS_AT_VAULT: Readonly<Record<string, readonly Power[]>> = {
  Owner: ['grant'],
  Contributor: ['grant'],
  'Key Vault Contributor': ['grant'],
  'User Access Administrator': ['grant'],
  'Role Based Access Control Administrator': ['grant'],
  Reader: [],
};

/** Null for a role that is neither built in nor described. */
export function powersOf(grant: RoleGrant, keyId: string): readonly Power[] | null {
  const { role, dataActions, actions = [], notActions, notDataActions } = grant;
  const atVault = isVaultKey(keyId);
  if (dataActions === undefined) {
    const control = POWERS_AT_VAULT[role];
    return control === undefined ? (POWERS_OF_ROLE[role] ?? null) : atVault ? control : [];
  }
  const data = { granted: dataActions, withheld: notDataActions };
  const control = { granted: atVault ? actions : [], withheld: notActions };
  return POWERS.filter(
    (power) =>
      DATA_ACTIONS[power].some((action) => givesAction(data, action)) ||
      (power === 'grant' && CONTROL_ACTIONS.some((action) => givesAction(control, action))),
  );
}

/** Whether the role lets a room have the key. */
export function mayRelease({ role, dataActions, notDataActions }: RoleGrant): boolean {
  if (dataActions === undefined) return role.endsWith('Crypto Service Release User');
  return [HSM, VAULT].some((of) =>
    givesAction({ granted: dataActions, withheld: notDataActions }, `${of}/keys/release/action`),
  );
}

/** The one role that a room needs. */
export function releaseRoleFor(keyId: string): string {
  return flavourOf(keyId)?.releaseRole ?? 'Managed HSM Crypto Service Release User';
}

/** Whether an assignment at `scope` reaches the key: `/`, `/keys`, `/keys/NAME`, or an ARM scope of the vault or wider. */
export function reachesKey(scope: string, keyId: string): boolean {
  const [, name] = /^(?:.*\/)?keys\/([^/]+)$/.exec(scope) ?? [];
  return name === undefined || name.toLowerCase() === keyNameOf(keyId).toLowerCase();
}

export function keyNameOf(keyId: string): string {
  return /\/keys\/([^/]+)/.exec(keyId)?.[1] ?? '';
}

function isVaultKey(keyId: string): boolean {
  return flavourOf(keyId)?.service === 'Key Vault Premium';
}

/* An export may name a host of any kind; one that is not known is judged as a Managed HSM. */
function flavourOf(keyId: string): VaultFlavour | null {
  return URL.canParse(keyId) ? findVaultFlavour(new URL(keyId).host) : null;
}
