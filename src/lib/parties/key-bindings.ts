// Whether each dataset's key would be released to this room alone, as far as the caller may read it.

import type { Sha256Hex } from '../base/bytes/digest.js';
import type { Contract, ContractDataset } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { releasePolicyProblems } from '../contract/release-policy/lint.js';
import type { KeyBinding } from './deploy-room.js';
import type { KeyVault } from '../ports/key-vault.js';

/** Reads the release policy of each dataset's key. A key that may not be read is listed as such, never assumed good. */
export function readKeyBindings(
  contract: Contract,
  hash: Sha256Hex,
  vault: (host: string) => Promise<KeyVault>,
): Promise<readonly KeyBinding[]> {
  return Promise.all(contract.datasets.map((dataset) => readBinding(dataset, contract, hash, vault)));
}

async function readBinding(
  { id, key }: ContractDataset,
  contract: Contract,
  hash: Sha256Hex,
  vault: (host: string) => Promise<KeyVault>,
): Promise<KeyBinding> {
  let policy: string | null;
  try {
    const stored = await (await vault(key.vault)).get(key.name, null);
    if (stored === null)
      return { dataset: id, kind: 'unread', reason: `there is no key ${key.name} in ${key.vault} yet` };
    policy = stored.releasePolicy?.text ?? null;
  } catch (cause) {
    if (cause instanceof CleanroomError)
      return { dataset: id, kind: 'unread', reason: `${cause.code}: ${cause.message}` };
    throw cause;
  }
  return judgeBinding(id, policy, contract, hash);
}

function judgeBinding(
  dataset: string,
  policy: string | null,
  contract: Contract,
  hash: Sha256Hex,
): KeyBinding {
  const problems = releasePolicyProblems(policy, contract, hash);
  return problems.length === 0
    ? { dataset, kind: 'bound' }
    : { dataset, kind: 'other', reason: problems.join('; ') };
}
