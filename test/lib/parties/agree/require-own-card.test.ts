// A host writes the contract: what it says of another party has to be what that party's card says.

import assert from 'node:assert/strict';

import { CleanroomError } from '../../../../src/lib/base/errors.js';
import { checkContract } from '../../../../src/lib/contract/parse.js';
import type { PartyCard } from '../../../../src/lib/contract/party-card.js';
import { requireOwnCard } from '../../../../src/lib/parties/agree/require-own-card.js';
import { exampleContract } from '../../../support/contract.js';

const parsed = checkContract(exampleContract());
const { contract } = parsed;
const dataset = contract.datasets[0]!;
const party = contract.parties.find(({ id }) => id === dataset.owner)!;
const host = contract.parties.find(({ id }) => id !== dataset.owner)!;
const card: PartyCard = {
  version: 2,
  party,
  datasets: contract.datasets
    .filter(({ owner }) => owner === party.id)
    .map((one) => ({ ...one, budget: { ...one.budget, name: 'as-on-the-card' } })),
};

const CHANGES: readonly (readonly [string, PartyCard])[] = [
  ['another contract key', { ...card, party: { ...party, contractKey: host.contractKey } }],
  ['other roles', { ...card, party: { ...party, roles: ['auditor'] } }],
  ['another vault', withDataset({ key: { ...dataset.key, vault: 'evil.managedhsm.azure.net' } })],
  ['another key name', withDataset({ key: { ...dataset.key, name: 'another' } })],
  ['another blob', withDataset({ blob: { ...dataset.blob, name: 'other.sealed' } })],
  ['another budget container', withDataset({ budget: { ...dataset.budget, container: 'elsewhere' } })],
  ['a dataset that the card does not have', { ...card, datasets: [] }],
  ['no such party', { ...card, party: { ...party, id: 'nobody' } }],
];

describe('the own card in a contract', () => {
  it('is found where the contract says just what the card says', () => {
    requireOwnCard(parsed, card);
  });

  for (const [what, changed] of CHANGES)
    it(`I33: refuses ${what}`, () => {
      assert.throws(
        () => {
          requireOwnCard(parsed, changed);
        },
        (error) => error instanceof CleanroomError && error.code === 'CONTRACT_NOT_MY_CARD',
      );
    });
});

function withDataset(change: Partial<PartyCard['datasets'][number]>): PartyCard {
  return {
    ...card,
    datasets: card.datasets.map((one) => (one.id === dataset.id ? { ...one, ...change } : one)),
  };
}
