// Which room a command means, and where it answers: by URL, by name, or the only one there is.

import { CleanroomError } from '../base/errors.js';
import type { RoomAddress } from './attest-room.js';
import type { Environment } from '../ports/environment.js';

/** A room that can be attested. @throws CleanroomError ROOM_NOT_CONFIDENTIAL; NO_ENVIRONMENT where a name is given and there is no profile; as findRoom; USAGE for another URL */
export async function locateRoom(
  room: string | undefined,
  environment: Environment | null,
): Promise<{ readonly name: string; readonly address: RoomAddress }> {
  if (room?.includes('://') === true) return fromUrl(room);
  if (environment === null) {
    throw new CleanroomError(
      'NO_ENVIRONMENT',
      'finding a room by name needs a profile or a running emulator',
      {
        hint: 'Give its URL instead: cleanroom attest https://HOST:PORT',
      },
    );
  }
  const { findRoom } = await import('./rooms.js');
  const { roomAddress } = await import('./room-status.js');
  const found = await findRoom(await environment.services.rooms(), room);
  if (!found.confidential) {
    const { roomNotConfidential } = await import('./attest-room.js');
    throw roomNotConfidential(found.name);
  }
  return { name: found.name, address: roomAddress(found) };
}

function fromUrl(text: string): { readonly name: string; readonly address: RoomAddress } {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'https:') throw new CleanroomError('USAGE', 'the URL of a room begins with https://');
  return {
    name: url.hostname,
    address: { host: url.hostname, port: url.port === '' ? 443 : Number(url.port) },
  };
}
