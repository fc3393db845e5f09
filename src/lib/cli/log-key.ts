// Whose key signs tree heads: the one named, else the party's own contract key.

import { CleanroomError } from '../errors.js';
import { parsePartyKey, type PartyKeyPair } from '../contract/party-keys.js';
import { partyKeyPath, readPartyKey } from '../workflows/init-party.js';
import { type EnvironmentSearch, tryEnvironment } from './environment.js';
import { readSecret } from './secret-input.js';

/**
 * The private contract key of whoever acts.
 *
 * @param source - `FILE|env:NAME|fd:N`, where the command line names one.
 * @param party - id, where the command line names it; else the profile's.
 * @throws CleanroomError USAGE where neither says whose, PARTY_KEY_INVALID, FILE_*
 */
export async function openContractKey(
  source: string | undefined,
  party: string | undefined,
  search: EnvironmentSearch,
): Promise<PartyKeyPair> {
  if (source !== undefined) return parsePartyKey(await readSecret(source));
  const id = party ?? (await tryEnvironment(search))?.profile.party;
  if (id === undefined)
    throw new CleanroomError('USAGE', 'no profile says whose key signs', {
      hint: 'Add --party NAME or --key FILE.',
    });
  return readPartyKey(partyKeyPath(process.cwd(), id, 'contract'));
}
