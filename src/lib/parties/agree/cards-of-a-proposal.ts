// The cards that a proposal is made of: the host's own, and those of the other parties.

import { basename, join } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import { shellWord } from '../../base/shell-word.js';
import type { PartyCard } from '../../contract/party-card.js';
import type { Environment } from '../../ports/environment.js';
import { readCard } from './read-card.js';

/** What init wrote in this directory; null where it did not run. */
export async function ownCard({ directory, profile }: Environment): Promise<PartyCard | null> {
  try {
    return await readCard(join(directory, `${profile.party}.party.json`));
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'FILE_NOT_FOUND') return null;
    throw cause;
  }
}

/**
 * Refuses cards from which no contract can come, before the image is built.
 *
 * @throws CleanroomError PARTY_CARD_INVALID for the directory's own card, CONTRACT_INVALID where nobody brings a text, and as readCard
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
  const texts = [...cards, ...(own === null ? [] : [own])].flatMap(({ datasets }) => datasets);
  if (!texts.some(({ kind }) => kind === 'text'))
    throw new CleanroomError('CONTRACT_INVALID', 'none of these parties brings a text to summarize', {
      hint: 'A data owner makes its card with cleanroom init --role data-owner --dataset notes, and hands it over.',
    });
}
