// What the key commands share: contract, dataset, and the vault of its owner.

import type { ParsedContract } from '../contract/check.js';
import type { ContractDataset } from '../contract/schema.js';
import { findDataset } from '../contract/find-dataset.js';
import type { KeyVault } from '../workflows/key-vault.js';
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
