// The room operator of a profile, and which room a command means.

import type { RoomOperator, RoomState } from '../workflows/ports.js';
import { CleanroomError } from '../errors.js';
import type { Environment } from './environment.js';

/** Container groups of the profile's resource group. @throws CleanroomError PROFILE_INVALID where it names none */
export async function openRooms(environment: Environment): Promise<RoomOperator> {
  const { subscription, resourceGroup, name, source } = environment.profile;
  if (subscription === undefined || resourceGroup === undefined) {
    throw new CleanroomError(
      'PROFILE_INVALID',
      `profile ${name} (${source}) names no subscription and resource group`,
    );
  }
  const { createRoomOperator } = await import('../azure/container-groups.js');
  return createRoomOperator(await environment.connect(), { subscription, resourceGroup });
}

/**
 * The room of that name; without a name, the only one there is.
 *
 * @throws CleanroomError ROOM_NOT_FOUND, ROOM_AMBIGUOUS
 */
export async function findRoom(rooms: RoomOperator, name: string | undefined): Promise<RoomState> {
  if (name !== undefined) {
    const room = await rooms.get(name);
    if (room === null) throw new CleanroomError('ROOM_NOT_FOUND', `there is no room named ${name}`);
    return room;
  }
  const all = await rooms.list();
  const [only, ...others] = all;
  if (only === undefined) throw new CleanroomError('ROOM_NOT_FOUND', 'there is no room');
  if (others.length > 0) {
    throw new CleanroomError(
      'ROOM_AMBIGUOUS',
      `there are ${all.length} rooms: ${all.map((room) => room.name).join(', ')}`,
    );
  }
  // The list leaves out instance views: ask for the room itself.
  return (await rooms.get(only.name)) ?? only;
}
