// Which dataset of a contract a party means: the one that it names, or its only one.

import { CleanroomError } from '../base/errors.js';
import type { Contract, ContractDataset } from '../contract/schema.js';

/** @param id - as given; undefined: the party's only dataset. @throws CleanroomError DATASET_UNKNOWN, which lists the party's datasets */
export function ownDataset(
  contract: Pick<Contract, 'name' | 'datasets'>,
  party: string,
  id: string | undefined,
): ContractDataset {
  const own = contract.datasets.filter(({ owner }) => owner === party);
  const found = id === undefined ? own : own.filter((dataset) => dataset.id === id);
  const [dataset, another] = found;
  if (dataset !== undefined && another === undefined) return dataset;
  if (own.length === 0)
    throw new CleanroomError('DATASET_UNKNOWN', `the contract ${contract.name} has no dataset of ${party}`, {
      hint: 'The owner of a dataset runs this command, in its own directory.',
    });
  const known = own.map((one) => one.id).join(', ');
  throw new CleanroomError(
    'DATASET_UNKNOWN',
    id === undefined
      ? `${party} has several datasets in the contract ${contract.name}: ${known}`
      : `the contract ${contract.name} has no dataset ${id} of ${party}; it has: ${known}`,
    { hint: `Name one of them: --dataset ${own[0]?.id ?? 'ID'}` },
  );
}
