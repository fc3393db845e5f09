// Managed HSM and Key Vault Premium: what differs between them, as data, and which host is which.

import { CleanroomError } from '../base/errors.js';

export type VaultKeyKind = 'RSA-HSM' | 'EC-HSM' | 'oct-HSM';

/** What differs between the services. */
export interface VaultFlavour {
  readonly service: 'Managed HSM' | 'Key Vault Premium';
  readonly kinds: readonly VaultKeyKind[];
  /** Role that an owner needs to make keys, and the room's identity to have one released. */
  readonly ownerRole: string;
  readonly releaseRole: string;
}

const MANAGED_HSM: VaultFlavour = {
  service: 'Managed HSM',
  kinds: ['RSA-HSM', 'EC-HSM', 'oct-HSM'],
  ownerRole: 'Managed HSM Crypto User',
  releaseRole: 'Managed HSM Crypto Service Release User',
};

const KEY_VAULT: VaultFlavour = {
  service: 'Key Vault Premium',
  kinds: ['RSA-HSM', 'EC-HSM'],
  ownerRole: 'Key Vault Crypto Officer',
  releaseRole: 'Key Vault Crypto Service Release User',
};

/* Azure's clouds; the local Azure has its Managed HSMs at one address of this machine, its key vaults at another. */
const FLAVOURS: readonly (readonly [RegExp, VaultFlavour])[] = [
  [/^[a-z0-9-]+\.managedhsm\.(?:azure\.net|azure\.cn|usgovcloudapi\.net)$/, MANAGED_HSM],
  [/^[a-z0-9-]+\.vault\.(?:azure\.net|azure\.cn|usgovcloudapi\.net)$/, KEY_VAULT],
  [/^(?:127\.0\.0\.1|localhost):\d+$/, MANAGED_HSM],
  [/^127\.0\.0\.2:\d+$/, KEY_VAULT],
];

/**
 * The service behind a vault host.
 *
 * @throws CleanroomError VAULT_HOST_UNKNOWN for a host that Microsoft does not run, such as a look-alike.
 */
export function vaultFlavour(host: string): VaultFlavour {
  const flavour = findVaultFlavour(host);
  if (flavour !== null) return flavour;
  throw new CleanroomError('VAULT_HOST_UNKNOWN', `${host} is not a host of Managed HSM or Key Vault`);
}

/** As vaultFlavour, but null for a host that is neither. */
export function findVaultFlavour(host: string): VaultFlavour | null {
  return FLAVOURS.find(([pattern]) => pattern.test(host.toLowerCase()))?.[1] ?? null;
}
