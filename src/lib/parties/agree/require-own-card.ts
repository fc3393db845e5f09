// Is what the contract says of a party exactly what the party's own card says? A host could name keys of its own instead.

import { CleanroomError } from '../../base/errors.js';
import { canonicalJson } from '../../base/bytes/canonical-json.js';
import type { PartyCard } from '../../contract/party-card.js';
import type { ParsedContract } from '../../contract/parse.js';
import type { ContractDataset } from '../../contract/schema.js';

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
    `the contract ${contract.name} does not say of ${party.id} what its card says: ${differing.join('; ')}`,
  );
}

function factsOf({ budget, ...dataset }: ContractDataset): string {
  return canonicalJson({ ...dataset, budget: budget.container });
}
