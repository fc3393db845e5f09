// What the key commands share: contract, dataset, and the vault of its owner.

import type { ParsedContract } from '../contract/check.js';
import type { ContractDataset } from '../contract/schema.js';
import { findDataset } from '../contract/find-dataset.js';
import { CleanroomError } from '../errors.js';
import type { KeyRole } from '../azure/key-roles.js';
import { type KeyVault, vaultFlavour } from '../workflows/key-vault.js';
import { type Environment, type EnvironmentSearch, openEnvironment, readContract } from './environment.js';

export interface KeyContext {
  readonly environment: Environment;
  readonly parsed: ParsedContract;
  readonly dataset: ContractDataset;
  readonly vault: KeyVault;
}

/** Opens them. @throws CleanroomError DATASET_UNKNOWN, VAULT_HOST_UNKNOWN, and as openEnvironment and readContract */
export async function openKeyContext(
  search: EnvironmentSearch,
  contractPath: string,
  datasetId: string,
): Promise<KeyContext> {
  const environment = await openEnvironment(search);
  const parsed = await readContract(contractPath);
  const dataset = findDataset(parsed.contract, datasetId);
  const { openKeyVault } = await import('../azure/key-vault.js');
  return {
    environment,
    parsed,
    dataset,
    vault: await openKeyVault(await environment.connect(), dataset.key.vault),
  };
}

/**
 * The role assignments of the key's vault; null where they are not the vault's own (Key Vault keeps them in Azure Resource
 * Manager) or may not be read.
 */
export async function readHolders({ environment, vault }: KeyContext): Promise<readonly KeyRole[] | null> {
  if (vaultFlavour(vault.host).service !== 'Managed HSM') return null;
  const { readKeyRoles } = await import('../azure/key-roles.js');
  try {
    return (await readKeyRoles(await environment.connect(), vault.host)).roles;
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'KEY_ACCESS_DENIED') return null;
    throw cause;
  }
}
