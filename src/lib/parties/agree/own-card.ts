// The card of the party that works in a directory, as init wrote it.

import { join } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import type { PartyCard } from '../../contract/party-card.js';
import { readCard } from './read-card.js';

/**
 * What init wrote in this directory.
 *
 * @returns null where it did not run.
 * @throws CleanroomError PARTY_CARD_INVALID, FILE_…
 */
export async function readOwnCard(directory: string, party: string): Promise<PartyCard | null> {
  try {
    return await readCard(join(directory, `${party}.party.json`));
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'FILE_NOT_FOUND') return null;
    throw cause;
  }
}
