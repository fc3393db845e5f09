// How many places of a contract's budget are taken, as its owner sees them in its own account.

import { blobUrl, budgetBlob } from '../contract/room-plan.js';
import type { ContractDataset } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import type { ParsedContract } from '../contract/check.js';
import type { BlobStore } from '../ports/ports.js';

const MAX_ENTRY_BYTES = 64 * 1024;

/**
 * Refuses what the room would refuse: a new version under a contract whose results are used up.
 *
 * @throws CleanroomError CONTRACT_USED_UP, and as the storage
 */
export async function requireBudgetLeft(
  { contract }: ParsedContract,
  dataset: ContractDataset,
  blobs: Pick<BlobStore, 'read'>,
): Promise<void> {
  const place = budgetBlob(dataset);
  const { maxResults } = contract.summary.limits;
  for (let taken = 0; taken < maxResults; taken++) {
    const entry = { ...place, name: `${place.name}.budget.${taken + 1}` };
    if ((await blobs.read(entry, MAX_ENTRY_BYTES)) === null) return;
  }
  throw new CleanroomError(
    'CONTRACT_USED_UP',
    `the contract ${contract.name} allows ${maxResults === 1 ? '1 result' : `${maxResults} results`}, and as many places are taken (${blobUrl(place)}): a room would refuse this version`,
  );
}
