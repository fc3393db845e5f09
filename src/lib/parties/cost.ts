// What Azure bills, by what, and where its prices are. No prices: they change.

import type { VaultFlavour } from '../contract/vault-flavour.js';
import type { CostFacts } from './deploy-plan.js';

/** The page of prices of container groups. */
export const ROOM_PRICES = 'https://azure.microsoft.com/pricing/details/container-instances/';
const KEY_PRICES = 'https://azure.microsoft.com/pricing/details/key-vault/';

/** One clause about rooms, with the page of their prices. */
export function describeRoomCost({ groups, sku, region, vcpu, memoryGiB }: CostFacts): string {
  const what = `${groups} ${sku} container group${groups === 1 ? '' : 's'} in ${region}`;
  return `${what}: ${vcpu} vCPU and ${memoryGiB} GiB while they run; prices: ${ROOM_PRICES}`;
}

/** One clause about a vault, with the page of its prices. */
export function describeVaultCost(service: VaultFlavour['service']): string {
  const what =
    service === 'Managed HSM'
      ? 'a Managed HSM by the hour, used or not, until it is PURGED after its deletion'
      : 'a key vault by key and operation';
  return `${what}; prices: ${KEY_PRICES}`;
}
