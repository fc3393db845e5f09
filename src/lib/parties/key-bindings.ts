// Whether each dataset's key would be released to this room alone, as far as the caller may read it.

import type { Sha256Hex } from '../base/bytes/digest.js';
import type { Contract, ContractDataset } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { releasePolicyProblems } from '../contract/release-policy/lint.js';
import type { KeyVault, VaultKey } from '../ports/key-vault.js';
import type { ReadKey, Unread } from './before/agreement-evidence.js';
import type { KeyBinding } from './deploy-room.js';

/** By dataset. */
export type FoundKeys = ReadonlyMap<string, ReadKey | Unread>;

/** What each dataset's key says about its release. A key that may not be read is listed as such, never assumed good. */
export async function readDatasetKeys(
  { datasets }: Contract,
  vault: (host: string) => Promise<KeyVault>,
): Promise<FoundKeys> {
  const found = datasets.map(async (dataset) => [dataset.id, await readOf(dataset, vault)] as const);
  return new Map(await Promise.all(found));
}

/** A key as far as its release goes. */
export function readKey({ releasePolicy }: VaultKey): ReadKey {
  return {
    kind: 'read',
    releasePolicy: releasePolicy?.text ?? null,
    immutable: releasePolicy?.immutable ?? false,
  };
}

/** Each key judged by the contract and the hash of its policy. */
export function keyBindings(contract: Contract, hash: Sha256Hex, keys: FoundKeys): readonly KeyBinding[] {
  return [...keys].map(([dataset, key]) => {
    if (key.kind === 'unread') return { dataset, kind: 'unread', reason: key.reason };
    const problems = releasePolicyProblems(key.releasePolicy, contract, hash);
    return problems.length === 0
      ? { dataset, kind: 'bound' }
      : { dataset, kind: 'other', reason: problems.join('; ') };
  });
}

async function readOf(
  { key }: ContractDataset,
  vault: (host: string) => Promise<KeyVault>,
): Promise<ReadKey | Unread> {
  try {
    const stored = await (await vault(key.vault)).get(key.name, null);
    return stored === null
      ? { kind: 'unread', reason: `there is no key ${key.name} in ${key.vault} yet` }
      : readKey(stored);
  } catch (cause) {
    if (cause instanceof CleanroomError) return { kind: 'unread', reason: `${cause.code}: ${cause.message}` };
    throw cause;
  }
}
