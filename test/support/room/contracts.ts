// Contracts and texts for tests of the room.

import type {
  Contract,
  ContractDataset,
  ContractLimits,
  ContractParty,
  ModelFacts,
  TextLimits,
} from '../../../src/lib/contract/schema.js';
import { freshPublicKey } from '../contract.js';

/** Six sentences about a ferry line: enough for the extractive method. */
export const FERRY_TEXT = [
  'The harbour authority met on Monday to discuss the new ferry line.',
  'The ferry line will connect the old town with the islands twice a day.',
  'Residents asked for a later boat in the evening, because the last bus arrives at ten.',
  'The authority answered that crews are scarce and that a later boat needs two more sailors.',
  'A vote on the timetable of the ferry line is planned for the spring.',
  'Until then the ferry line runs on the winter timetable with one boat a day.',
].join(' ');

export const ORCHARD_TEXT = [
  'The orchard cooperative counted its trees in the first week of autumn.',
  'Older apple trees suffered from the dry summer, and a third of them gave no fruit.',
  'The cooperative wants to plant pears on the northern slope, where the ground stays moist.',
  'Members disagreed about the cost of a second well for the apple trees.',
  'A trial with twenty pear trees starts as soon as the ground is free of frost.',
].join(' ');

/** Limits that an extractive summary of the texts above stays inside. */
export function lenient(contract: Contract, limits: Partial<ContractLimits> = {}): Contract {
  const texts: TextLimits = {
    scripts: ['Latin'],
    maxCharacters: 260,
    maxShareOfSource: 0.7,
    maxCopiedWords: 60,
    maxCopiedShare: 1,
    minDocuments: 1,
  };
  const { maxResults, ...changed } = limits;
  const { summary } = contract;
  return {
    ...contract,
    summary: {
      ...summary,
      limits: { ...texts, ...changed, maxResults: maxResults ?? summary.limits.maxResults },
      ...(summary.extractiveLimits === undefined ? {} : { extractiveLimits: { ...texts, ...changed } }),
    },
  };
}

export function deliveredOnPage(contract: Contract): Contract {
  return { ...contract, summary: { ...contract.summary, delivery: 'page' } };
}

/** A second data owner, Tailspin, with a dataset `plans` in its own vault. */
export function withSecondOwner(contract: Contract): Contract {
  const first = contract.datasets[0]!;
  const plans: ContractDataset = {
    id: 'plans',
    owner: 'tailspin',
    kind: 'text',
    key: { vault: 'tailspin-hsm.managedhsm.azure.net', name: 'plans' },
    blob: { ...first.blob, name: 'plans.sealed' },
    budget: { container: 'tailspin-budget', name: contract.name },
  };
  return {
    ...contract,
    parties: [...contract.parties, newParty('tailspin', 'data-owner')],
    datasets: [...contract.datasets, plans],
  };
}

/** A model owner, Wingtip, whose sealed model is the contract's. */
export function withSealedModel(
  contract: Contract,
  digest: string,
  family: ModelFacts['family'] = 't5',
): Contract {
  const first = contract.datasets[0]!;
  const weights: ContractDataset = {
    id: 'weights',
    owner: 'wingtip',
    kind: 'model',
    key: { vault: 'wingtip-hsm.managedhsm.azure.net', name: 'weights' },
    blob: { ...first.blob, name: 'weights.sealed' },
    budget: { container: 'wingtip-budget', name: contract.name },
  };
  return {
    ...contract,
    parties: [...contract.parties, newParty('wingtip', 'model-owner')],
    datasets: [...contract.datasets, weights],
    model: { family, digest, dataset: 'weights' },
    summary: withoutExtractiveLimits(contract.summary),
  };
}

/** A contract whose summaries are made by that model of the image; no sentence may be picked instead. */
export function withModel(contract: Contract, model: ModelFacts): Contract {
  return {
    ...contract,
    model: { ...model, layer: `sha256:${'0'.repeat(64)}` },
    summary: withoutExtractiveLimits(contract.summary),
  };
}

function withoutExtractiveLimits(summary: Contract['summary']): Contract['summary'] {
  const copy = { ...summary };
  delete copy.extractiveLimits;
  return copy;
}

function newParty(id: string, role: ContractParty['roles'][number]): ContractParty {
  return { id, roles: [role], contractKey: freshPublicKey(), resultKey: freshPublicKey() };
}
