// Versions of a dataset's key that nothing is to be released for any more: disabled, while other runs may seal and disable too.

import type { ContractDataset, PublicKeyJwk } from '../contract/schema.js';
import type { KeyVault } from '../ports/key-vault.js';
import type { BlobStore } from '../ports/ports.js';
import { readStoredSeal } from './dataset-storage.js';

/** A dataset with its key and its blob. */
export interface DatasetPlace {
  readonly vault: KeyVault;
  readonly dataset: ContractDataset;
  /** Contract key of its owner. */
  readonly owner: PublicKeyJwk;
  readonly blobs: BlobStore;
}

/**
 * Disables every version but `id`, those too that another run made meanwhile; none where that one has sealed to another
 * version since. Should it do so just now, it gets its version back.
 *
 * @returns the ids of those that were disabled.
 */
export async function retireOthers(id: string, place: DatasetPlace): Promise<readonly string[]> {
  const { vault, dataset } = place;
  const versions = await vault.versions(dataset.key.name);
  if ((await sealedTo(place)) !== id) return [];
  const others = versions
    .filter((version) => version.enabled && version.id !== id)
    .map((version) => version.id);
  await retire(others, place);
  const now = await sealedTo(place);
  if (now === undefined || !others.includes(now)) return others;
  await vault.setEnabled(dataset.key.name, versionOf(now), 'enabled');
  return others.filter((other) => other !== now);
}

/** Disables the version of a run that another one overtook, unless both sealed to it. */
export async function retireUnused(id: string, place: DatasetPlace): Promise<void> {
  if ((await sealedTo(place)) !== id) await retire([id], place);
}

/** Disables these versions. @returns their ids */
export async function retire(
  ids: readonly string[],
  { vault, dataset }: DatasetPlace,
): Promise<readonly string[]> {
  for (const id of ids) await vault.setEnabled(dataset.key.name, versionOf(id), 'disabled');
  return ids;
}

/* The version that the blob which is stored now is sealed to, as its owner states it. */
async function sealedTo({ dataset, owner, blobs }: DatasetPlace): Promise<string | undefined> {
  return (await readStoredSeal(dataset.blob, owner, blobs))?.statement.key;
}

function versionOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
