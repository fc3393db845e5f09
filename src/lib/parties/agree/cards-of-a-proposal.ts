// The cards that a proposal is made of: the host's own, and those of the other parties.

import { basename } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import { shellWord } from '../../base/shell-word.js';
import type { PartyCard } from '../../contract/party-card.js';
import type { ContractParty } from '../../contract/schema.js';
import type { Environment } from '../../ports/environment.js';
import { readCard } from './read-card.js';

/**
 * Refuses cards from which no contract can come, before the image is built.
 *
 * @throws CleanroomError PARTY_CARD_INVALID for the directory's own card, CONTRACT_INVALID where a card is given twice or nobody brings a text or reads the summary, and as readCard
 */
export async function requireFittingCards(
  paths: readonly string[],
  own: PartyCard | null,
  { profile }: Environment,
): Promise<void> {
  const cards = await Promise.all(paths.map(readCard));
  const mine = paths[cards.findIndex(({ party }) => party.id === profile.party)];
  if (mine !== undefined)
    throw new CleanroomError(
      'PARTY_CARD_INVALID',
      `${mine} is the card of ${profile.party}, to which this directory belongs`,
      {
        hint: `Give ${mine} to the host, who runs cleanroom propose ${shellWord(basename(mine))} in a directory of its own; here, cleanroom propose takes the cards of the other parties.`,
      },
    );
  requireEachOnce(paths, cards);
  const texts = [...cards, ...(own === null ? [] : [own])].flatMap(({ datasets }) => datasets);
  if (!texts.some(({ kind }) => kind === 'text'))
    throw new CleanroomError('CONTRACT_INVALID', 'none of these parties provides a text to summarize', {
      hint: 'A data owner makes its card with cleanroom init --role data-owner --dataset notes, and hands it over.',
    });
  if (![...cards.flatMap(({ party }) => party.roles), ...rolesOfProposer(own)].includes('recipient'))
    throw new CleanroomError('CONTRACT_INVALID', 'none of these parties reads the summary', {
      hint: `The card of ${profile.party} leaves it out. To read the summary: cleanroom init --role host --role recipient, then cleanroom propose again.`,
    });
}

/** Roles that the party gave itself with init stay; who proposes runs the room and, where it has no card yet, reads the summary. */
export function rolesOfProposer(own: PartyCard | null): ContractParty['roles'] {
  if (own === null) return ['host', 'recipient'];
  const { roles } = own.party;
  return roles.includes('host') ? roles : ['host', ...roles];
}

function requireEachOnce(paths: readonly string[], cards: readonly PartyCard[]): void {
  for (const [index, { party }] of cards.entries()) {
    const first = cards.findIndex((card) => card.party.id === party.id);
    if (first === index) continue;
    throw new CleanroomError(
      'CONTRACT_INVALID',
      `${paths[first] ?? ''} and ${paths[index] ?? ''} are both the card of ${party.id}`,
      { hint: 'Give one card of each other party.' },
    );
  }
}
