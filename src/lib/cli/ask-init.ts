// What `init` asks on a terminal once it is known who the party is: where an owner's key lives, what a host agrees to.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { ContractParty } from '../contract/schema.js';
import { readCard } from '../parties/agree/read-card.js';
import { findModelDirectory } from '../parties/model-directory.js';
import type { Profile } from '../ports/profile.js';
import { askPlaces, type Places } from './ask-places.js';
import { askTerms, type HostTerms, proposeLine } from './ask-terms.js';

interface InitFlags extends Places, HostTerms {
  readonly party: string;
  readonly roles: ContractParty['roles'];
  readonly dataset?: readonly string[] | undefined;
  readonly 'model-dataset'?: readonly string[] | undefined;
}

/** Where key and sealed text live; nothing is asked of a party that brings neither text nor model. */
export async function askOwner(flags: InitFlags, profile: Profile | null): Promise<Places> {
  const brought = [...(flags.dataset ?? []), ...(flags['model-dataset'] ?? [])];
  return brought.length === 0 ? {} : askPlaces(flags, profile);
}

/**
 * The host's terms. With an image of the room `init` writes the contract; without one `propose` builds it.
 *
 * @returns the flags that the answers stand for, and the command to run next; null where nothing was asked
 */
export async function askHost(
  flags: InitFlags,
  directory: string,
  packageRoot: string,
): Promise<{ readonly flags: HostTerms; readonly next: string | null } | null> {
  if (!flags.roles.includes('host') || flags.with !== undefined || flags.summarizer !== undefined)
    return null;
  const terms = await askTerms(await otherCards(directory, flags.party));
  if (terms.summarizer === undefined) return { flags: {}, next: proposeLine(terms) };
  const { model } = terms;
  const found = model === undefined ? {} : { model: findModelDirectory(model, packageRoot) };
  return { flags: { ...terms, ...found }, next: null };
}

/** The cards of others that lie in the directory, by name. */
export async function otherCards(directory: string, party: string): Promise<readonly string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.cleanroom')).sort();
  const cards = await Promise.all(names.map((name) => idOfCard(join(directory, name))));
  return names.filter((_, index) => cards[index] !== null && cards[index] !== party);
}

/* Offers and replies end in the same way, and are no cards. */
async function idOfCard(path: string): Promise<string | null> {
  return readCard(path).then(
    ({ party }) => party.id,
    () => null,
  );
}
