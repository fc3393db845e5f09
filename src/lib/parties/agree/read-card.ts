// A party's card, from the file that the party handed over: *.cleanroom, or its card alone as JSON.

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import { parsePartyCard, type PartyCard } from '../../contract/party-card.js';
import { cleanFileKind, readCleanFile, readHandedOver } from './clean-file.js';

/** @throws CleanroomError PARTY_CARD_INVALID, CLEANROOM_FILE_INVALID, CLEANROOM_FILE_OTHER, FILE_… */
export async function readCard(path: string): Promise<PartyCard> {
  const bytes = await readHandedOver(path, 'card');
  if (cleanFileKind(bytes) !== null)
    return parsePartyCard((await readCleanFile(path, 'card')).texts['card.json']);
  const text = decodeUtf8(bytes);
  if (text === null) throw new CleanroomError('PARTY_CARD_INVALID', `${path} is no card`);
  return parsePartyCard(text);
}
