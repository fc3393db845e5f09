// Is what the contract says of a party exactly what the party's own card says? A host could name keys of its own instead.

import { dirname, join } from 'node:path';

import { canonicalJson } from '../../base/bytes/canonical-json.js';
import { CleanroomError } from '../../base/errors.js';
import type { Environment } from '../../ports/environment.js';
import type { PartyCard } from '../../contract/party-card.js';
import type { ParsedContract } from '../../contract/parse.js';
import type { ContractDataset } from '../../contract/schema.js';
import { readOwnCard } from './own-card.js';

/**
 * By the card of the party in the directory that it works in, else beside the contract.
 *
 * @throws CleanroomError CONTRACT_NOT_MY_CARD, also where there is no card; PARTY_CARD_INVALID
 */
export async function requireOwnCardOf(
  { directory, profile: { party } }: Environment,
  parsed: ParsedContract,
  contractPath: string,
): Promise<void> {
  const name = `${party}.party.json`;
  for (const place of [directory, dirname(contractPath)]) {
    const card = await readOwnCard(place, party);
    if (card === null) continue;
    requireOwnCard(parsed, card);
    return;
  }
  throw new CleanroomError(
    'CONTRACT_NOT_MY_CARD',
    `there is no card of ${party} to compare with: ${join(directory, name)}`,
    { hint: `Work in the directory where ${party} ran cleanroom init, which wrote the card.` },
  );
}

/**
 * Contract and result key, roles; per dataset vault, key name, login, blob, and the account and container of its budget (the budget's name is
 * the contract's).
 *
 * @throws CleanroomError CONTRACT_NOT_MY_CARD naming each member that differs
 */
export function requireOwnCard({ contract }: ParsedContract, { party, datasets }: PartyCard): void {
  const named = contract.parties.find(({ id }) => id === party.id);
  const own = contract.datasets.filter(({ owner }) => owner === party.id);
  const differing = [
    ...(named === undefined ? [`no party ${party.id}`] : []),
    ...(named !== undefined && canonicalJson(named) !== canonicalJson(party) ? [`party ${party.id}`] : []),
    ...own.flatMap((dataset) => {
      const mine = datasets.find(({ id }) => id === dataset.id);
      if (mine === undefined) return [`dataset ${dataset.id}, which the card does not have`];
      return factsOf(dataset) === factsOf(mine) ? [] : [`dataset ${dataset.id}`];
    }),
  ];
  if (differing.length === 0) return;
  throw new CleanroomError(
    'CONTRACT_NOT_MY_CARD',
    `the contract ${contract.name} differs from the card of ${party.id}: ${differing.join('; ')}`,
  );
}

function factsOf({ budget, ...dataset }: ContractDataset): string {
  return canonicalJson({ ...dataset, budget: budget.container });
}
