// A dataset of a contract, and its owner.

import { CleanroomError } from '../base/errors.js';
import type { Contract, ContractDataset, ContractParty } from './schema.js';

/** @throws CleanroomError DATASET_UNKNOWN, which names those there are */
export function findDataset({ name, datasets }: Contract, id: string): ContractDataset {
  const dataset = datasets.find((candidate) => candidate.id === id);
  if (dataset !== undefined) return dataset;
  const known = datasets.map((candidate) => candidate.id).join(', ');
  throw new CleanroomError('DATASET_UNKNOWN', `the contract ${name} has no dataset ${id}; it has: ${known}`);
}

/** @throws CleanroomError PARTY_UNKNOWN */
export function ownerOf({ name, parties }: Contract, dataset: ContractDataset): ContractParty {
  const owner = parties.find(({ id }) => id === dataset.owner);
  if (owner !== undefined) return owner;
  throw new CleanroomError('PARTY_UNKNOWN', `the contract ${name} has no party ${dataset.owner}`);
}
