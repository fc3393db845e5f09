// What the key commands share: contract, dataset, and the vault of its owner.

import type { ParsedContract } from '../contract/check.js';
import type { ContractDataset } from '../contract/schema.js';
import { findDataset } from '../contract/find-dataset.js';
import { CleanroomError } from '../base/errors.js';
import type { KeyRoles } from '../ports/key-roles.js';
import type { KeyVault } from '../ports/key-vault.js';
import type { Desk, Environment } from '../ports/environment.js';
import { readContract } from './environment.js';
import { ownDataset } from './own-dataset.js';

export interface KeyContext {
  readonly environment: Environment;
  readonly parsed: ParsedContract;
  readonly dataset: ContractDataset;
  readonly vault: KeyVault;
}

/** Opens them. @param datasetId - undefined: the party's only dataset. @throws CleanroomError DATASET_UNKNOWN, VAULT_HOST_UNKNOWN, and as openEnvironment and readContract */
export async function openKeyContext(
  desk: Desk,
  contractPath: string,
  datasetId: string | undefined,
): Promise<KeyContext> {
  const environment = await desk.open();
  const parsed = await readContract(contractPath);
  const dataset =
    datasetId === undefined
      ? ownDataset(parsed.contract, environment.profile.party, undefined)
      : findDataset(parsed.contract, datasetId);
  return {
    environment,
    parsed,
    dataset,
    vault: await environment.services.keyVault(dataset.key.vault),
  };
}

/** Who may do what on a vault, or why that could not be read. */
export type FoundHolders =
  ({ readonly kind: 'read' } & KeyRoles) | { readonly kind: 'unread'; readonly reason: string };

const UNREAD = new Set(['KEY_ACCESS_DENIED', 'SERVICE_FORBIDDEN', 'VAULT_ROLES_UNREAD']);

/** The role assignments at the key's vault; a login that may not read them is told so, and goes on. @throws as the service */
export async function readHolders({ environment, vault }: KeyContext): Promise<FoundHolders> {
  try {
    return { kind: 'read', ...(await environment.services.keyHolders(vault.host)) };
  } catch (cause) {
    if (cause instanceof CleanroomError && UNREAD.has(cause.code))
      return { kind: 'unread', reason: cause.message };
    throw cause;
  }
}
