// Managed HSM and Key Vault Premium: what differs between them, as data, and which host is which.

import { CleanroomError } from '../base/errors.js';

export type VaultKeyKind = 'RSA-HSM' | 'EC-HSM' | 'oct-HSM';

/** Azure's clouds; `local` is the local Azure on this machine. */
export type VaultCloud = 'public' | 'us-government' | 'china' | 'local';

/** What a vault's host tells: the service, its cloud, and whom a token for it is made out to. */
export interface VaultFlavour {
  readonly service: 'Managed HSM' | 'Key Vault Premium';
  readonly kinds: readonly VaultKeyKind[];
  /** Role that an owner needs to make keys, and the room's identity to have one released. */
  readonly ownerRole: string;
  readonly releaseRole: string;
  readonly cloud: VaultCloud;
  /** Audience of tokens, without slash; `/.default` behind it is the scope of a login. */
  readonly resource: string;
}

type Service = Omit<VaultFlavour, 'cloud' | 'resource'>;

const MANAGED_HSM: Service = {
  service: 'Managed HSM',
  kinds: ['RSA-HSM', 'EC-HSM', 'oct-HSM'],
  ownerRole: 'Managed HSM Crypto User',
  releaseRole: 'Managed HSM Crypto Service Release User',
};

const KEY_VAULT: Service = {
  service: 'Key Vault Premium',
  kinds: ['RSA-HSM', 'EC-HSM'],
  ownerRole: 'Key Vault Crypto Officer',
  releaseRole: 'Key Vault Crypto Service Release User',
};

interface HostRule {
  readonly hosts: RegExp;
  readonly flavour: VaultFlavour;
}

/* Domains of the clouds (Azure CLI, azure.cli.core.cloud: suffixes.keyvault_dns and suffixes.mhsm_dns). */
const DOMAINS: readonly (readonly [VaultCloud, string])[] = [
  ['public', 'azure.net'],
  ['us-government', 'usgovcloudapi.net'],
  ['china', 'azure.cn'],
];

/* The local Azure has its Managed HSMs at one address of this machine, its key vaults at another. */
const HOST_RULES: readonly HostRule[] = [
  ...DOMAINS.flatMap(([cloud, domain]) => [
    inCloud(MANAGED_HSM, cloud, `managedhsm.${domain}`),
    inCloud(KEY_VAULT, cloud, `vault.${domain}`),
  ]),
  local(MANAGED_HSM, /^(?:127\.0\.0\.1|localhost):\d+$/, 'https://managedhsm.azure.net'),
  local(KEY_VAULT, /^127\.0\.0\.2:\d+$/, 'https://vault.azure.net'),
];

function inCloud(service: Service, cloud: VaultCloud, domain: string): HostRule {
  const hosts = new RegExp(`^[a-z0-9-]+\\.${domain.replaceAll('.', '\\.')}$`);
  return { hosts, flavour: { ...service, cloud, resource: `https://${domain}` } };
}

function local(service: Service, hosts: RegExp, resource: string): HostRule {
  return { hosts, flavour: { ...service, cloud: 'local', resource } };
}

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
  return HOST_RULES.find(({ hosts }) => hosts.test(host.toLowerCase()))?.flavour ?? null;
}
