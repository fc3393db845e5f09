// Regions: as Azure Resource Manager compares them, and those where the local Azure makes container groups.

/** `West Europe`, `westeurope` and `WestEurope` are one region. */
export function normalRegion(region: string): string {
  return region.replaceAll(' ', '').toLowerCase();
}

/** Regions of Azure Container Instances (LEARN "Resource availability & quota limits for ACI", read 2026-11). */
export const REGIONS: readonly string[] = [
  ...['australiaeast', 'australiasoutheast', 'brazilsouth', 'canadacentral', 'canadaeast', 'centralindia'],
  ...['centralus', 'eastasia', 'eastus', 'eastus2', 'francecentral', 'germanywestcentral', 'italynorth'],
  ...[
    'japaneast',
    'japanwest',
    'koreacentral',
    'northcentralus',
    'northeurope',
    'norwayeast',
    'polandcentral',
  ],
  ...['southafricanorth', 'southcentralus', 'southeastasia', 'southindia', 'spaincentral', 'swedencentral'],
  ...[
    'switzerlandnorth',
    'uaenorth',
    'uksouth',
    'ukwest',
    'westcentralus',
    'westeurope',
    'westus',
    'westus2',
  ],
  'westus3',
];

/** Whether container groups are made there. */
export function isRegion(region: string): boolean {
  return REGIONS.includes(normalRegion(region));
}
