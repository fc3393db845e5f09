// Contracts and texts for tests of the room.

import type { Contract, ContractDataset, ContractLimits } from '../../../src/lib/contract/schema.js';
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
  const base = { ...contract.summary.limits, maxShareOfSource: 0.7, maxVerbatimTokens: 60, maxTokens: 40 };
  return { ...contract, summary: { ...contract.summary, limits: { ...base, ...limits } } };
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
  };
  return {
    ...contract,
    parties: [...contract.parties, { id: 'tailspin', roles: ['data-owner'], contractKey: freshPublicKey() }],
    datasets: [...contract.datasets, plans],
  };
}

/** A model owner, Wingtip, whose sealed model is the contract's. */
export function withSealedModel(contract: Contract): Contract {
  const first = contract.datasets[0]!;
  const weights: ContractDataset = {
    id: 'weights',
    owner: 'wingtip',
    kind: 'model',
    key: { vault: 'wingtip-hsm.managedhsm.azure.net', name: 'weights' },
    blob: { ...first.blob, name: 'weights.sealed' },
  };
  return {
    ...contract,
    parties: [...contract.parties, { id: 'wingtip', roles: ['model-owner'], contractKey: freshPublicKey() }],
    datasets: [...contract.datasets, weights],
    model: { dataset: 'weights' },
  };
}
