// Whether each dataset's key would be released to a room with that policy hash, as far as the caller may read it.

import type { Contract, ContractDataset } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { admittedHostData } from '../contract/release-policy/lint.js';
import { parseReleasePolicy } from '../contract/release-policy/parse.js';
import type { KeyBinding } from './deploy-room.js';
import type { KeyVault } from '../ports/key-vault.js';

/** Reads the release policy of each dataset's key. A key that may not be read is listed as such, never assumed good. */
export function readKeyBindings(
  contract: Contract,
  hash: string,
  vault: (host: string) => Promise<KeyVault>,
): Promise<readonly KeyBinding[]> {
  return Promise.all(contract.datasets.map((dataset) => readBinding(dataset, hash, vault)));
}

async function readBinding(
  { id, key }: ContractDataset,
  hash: string,
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
  return judgeBinding(id, hash, policy);
}

function judgeBinding(dataset: string, hash: string, policy: string | null): KeyBinding {
  if (policy === null) return { dataset, kind: 'other', reason: 'the key has no release policy' };
  const other = parseReleasePolicy(policy).anyOf.flatMap((branch) => {
    const admitted = admittedHostData(branch);
    return admitted?.length === 1 && admitted[0] === hash
      ? []
      : [`${branch.authority} admits ${admitted?.join(' or ') ?? 'any policy'}`];
  });
  return other.length === 0
    ? { dataset, kind: 'bound' }
    : { dataset, kind: 'other', reason: other.join('; ') };
}
