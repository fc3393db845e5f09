// A deal between parties that are played on this machine.

import type { Environment } from '../../ports/environment.js';
import type { RoomPolicy } from '../../parties/room-policy.js';
import type { ParsedContract } from '../../contract/check.js';
import type { ContractDataset, ContractLimits } from '../../contract/schema.js';
import { CleanroomError } from '../../base/errors.js';

/** A data owner at work, and the dataset that it brings. */
export interface DataOwner {
  readonly environment: Environment;
  readonly dataset: string;
}

export interface DealTerms {
  readonly name: string;
  readonly host: Environment;
  /** In the order of the contract; at least one. */
  readonly owners: readonly DataOwner[];
  /** Image reference by digest. */
  readonly summarizer: string;
  /** Model in the layout of transformers.js; null: sentences are picked. */
  readonly modelDirectory: string | null;
  readonly limits: ContractLimits;
  /** What the host changes in its contract.yaml before it signs and hands it over. */
  readonly amend?: (contract: string) => string;
  /** Whether the room is to run as pods on virtual nodes; as a container group if absent. */
  readonly kubernetes?: boolean;
}

/** A contract that all have signed, with the policy that each has computed for itself. */
export interface Deal extends RoomPolicy {
  readonly terms: DealTerms;
  readonly parsed: ParsedContract;
}

/** The owner of the first dataset. */
export function firstOwner({ terms }: Deal): DataOwner {
  const [owner] = terms.owners;
  if (owner === undefined) throw new CleanroomError('CONTRACT_INVALID', 'the deal has no data owner');
  return owner;
}

/** An owner's dataset as the contract has it. */
export function datasetOf({ parsed }: Deal, { dataset: id }: DataOwner): ContractDataset {
  const dataset = parsed.contract.datasets.find((candidate) => candidate.id === id);
  if (dataset === undefined) throw new CleanroomError('DATASET_UNKNOWN', `the contract has no dataset ${id}`);
  return dataset;
}
