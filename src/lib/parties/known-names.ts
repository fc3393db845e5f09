// Names that a directory knows, for completion: parties and datasets of contracts and cards, profiles, rooms.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { readTextBounded } from '../base/files/read-bounded.js';
import { parseContract } from '../contract/parse.js';
import { parsePartyCard } from '../contract/party-card.js';
import { profileNames } from './profile.js';

export const NAME_KINDS = ['parties', 'datasets', 'profiles', 'rooms'] as const;
export type NameKind = (typeof NAME_KINDS)[number];

const MAX_BYTES = 256 * 1024;

/**
 * What is known without asking a service. A file that cannot be read, or is of another form, is left out: completion
 * reports no errors.
 *
 * @param emulatorDirectory - of the local Azure that runs, whose profiles every directory may use; null: none
 * @returns the names of that kind, each once, sorted
 */
export async function knownNames(
  kind: NameKind,
  directory: string,
  emulatorDirectory: string | null,
): Promise<readonly string[]> {
  const found =
    kind === 'profiles' ? await profiles(directory, emulatorDirectory) : await agreed(kind, directory);
  return [...new Set(found)].sort();
}

async function profiles(directory: string, emulatorDirectory: string | null): Promise<readonly string[]> {
  const places = emulatorDirectory === null ? [directory] : [directory, emulatorDirectory];
  return (await Promise.all(places.map((place) => profileNames(place).catch(() => [])))).flat();
}

async function agreed(kind: Exclude<NameKind, 'profiles'>, directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((): string[] => []);
  const found = await Promise.all(
    names.map(async (name) => {
      if (name.endsWith('.yaml')) return ofContract(kind, join(directory, name));
      if (name.endsWith('.party.json')) return ofCard(kind, join(directory, name));
      return [];
    }),
  );
  return found.flat();
}

async function ofContract(kind: NameKind, path: string): Promise<readonly string[]> {
  const parsed = await readTextBounded(path, MAX_BYTES)
    .then(parseContract)
    .catch(() => null);
  if (parsed === null) return [];
  const { contract } = parsed;
  if (kind === 'rooms') return [contract.name];
  return (kind === 'parties' ? contract.parties : contract.datasets).map(({ id }) => id);
}

async function ofCard(kind: NameKind, path: string): Promise<readonly string[]> {
  const card = await readTextBounded(path, MAX_BYTES)
    .then(parsePartyCard)
    .catch(() => null);
  if (card === null || kind === 'rooms') return [];
  return kind === 'parties' ? [card.party.id] : card.datasets.map(({ id }) => id);
}
