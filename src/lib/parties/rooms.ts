// The room operator of a profile, and which rooms a command means.

import { CONTRACT_TAG, DEPLOYMENT_TAG, PODS_TAG } from '../ports/container-group.js';
import { PLAIN_NOTICE } from '../contract/plain-notice.js';
import type { RoomOperator, RoomState } from '../ports/ports.js';
import type { Services } from '../ports/services.js';
import { CleanroomError } from '../base/errors.js';
import type { Environment } from '../ports/environment.js';
import { readContract } from './environment.js';

/**
 * The room of that name; without a name, the only one there is.
 *
 * @throws CleanroomError ROOM_NOT_FOUND, ROOM_AMBIGUOUS (several, or a deployment of several)
 */
export async function findRoom(rooms: RoomOperator, name: string | undefined): Promise<RoomState> {
  const [room, ...others] = await findRooms(rooms, name);
  if (room === undefined) throw noRoom(undefined);
  if (others.length === 0) return room;
  const names = [room, ...others].map((one) => one.name).join(', ');
  throw new CleanroomError('ROOM_AMBIGUOUS', `there are ${others.length + 1} rooms: ${names}`);
}

/**
 * The room of that name, or all rooms of the deployment of that name; without a name, the only deployment there is.
 *
 * @returns at least one, in the order of their names, with their events.
 * @throws CleanroomError ROOM_NOT_FOUND, ROOM_AMBIGUOUS
 */
export async function findRooms(
  rooms: RoomOperator,
  name: string | undefined,
): Promise<readonly RoomState[]> {
  const exact = name === undefined ? null : await rooms.get(name);
  if (exact !== null) return [exact];
  const all = (await rooms.list()).filter((room) => name === undefined || deploymentOf(room) === name);
  const deployments = [...new Set(all.map(deploymentOf))];
  if (deployments.length === 0) throw noRoom(name);
  if (deployments.length > 1)
    throw new CleanroomError(
      'ROOM_AMBIGUOUS',
      `there are ${all.length} rooms: ${all.map((room) => room.name).join(', ')}`,
    );
  const sorted = [...all].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  // The list leaves out instance views: ask for the rooms themselves.
  return Promise.all(sorted.map(async (room) => (await rooms.get(room.name)) ?? room));
}

/**
 * As findRooms, of the rooms that the party's login sees; one that the host of this directory's contract runs is with the host.
 *
 * @throws CleanroomError as findRooms
 */
export async function findRoomsOf(
  { services, profile, directory }: Environment,
  name: string | undefined,
): Promise<readonly RoomState[]> {
  try {
    return await findRooms(await services.rooms(), name);
  } catch (cause) {
    if (!(cause instanceof CleanroomError) || cause.code !== 'ROOM_NOT_FOUND') throw cause;
    const parsed = await readContract(undefined, directory).catch(() => null);
    const host = parsed?.contract.room.host;
    if (host === undefined || host === profile.party) throw cause;
    throw new CleanroomError(cause.code, `${cause.message} that ${profile.party} runs`, {
      hint: `The room of ${parsed?.contract.name ?? 'the contract'} is run by ${host}, who sees it with cleanroom status; an owner sees why there is no result with: cleanroom why`,
      cause,
    });
  }
}

/** What deploys container groups: a cluster is not asked. @throws CleanroomError PROFILE_INVALID */
export function containerGroups(services: Services): Promise<RoomOperator> {
  return services.groups === undefined ? services.rooms() : services.groups();
}

/** Name of the deployment that a room belongs to; its own where it is alone. */
export function deploymentOf({ name, tags }: RoomState): string {
  return tags[DEPLOYMENT_TAG] ?? name;
}

/** Only rooms that cleanroom made are changed by it. @throws CleanroomError ROOM_NOT_OURS */
export function requireOurs(found: readonly RoomState[]): void {
  const foreign = found.find(({ tags }) => tags[CONTRACT_TAG] === undefined);
  if (foreign !== undefined)
    throw new CleanroomError(
      'ROOM_NOT_OURS',
      `the container group ${foreign.name} was not made by cleanroom`,
    );
}

/** A pod goes with its Job, which would make another one. @throws CleanroomError USAGE where `found` is a part of a Job */
export function requireWhole(found: readonly RoomState[]): void {
  const part = found.find(({ tags }) => {
    const count = tags[PODS_TAG];
    return (
      count !== undefined &&
      found.filter((room) => deploymentOf(room) === tags[DEPLOYMENT_TAG]).length !== Number(count)
    );
  });
  if (part === undefined) return;
  throw new CleanroomError('USAGE', `${part.name} is a pod of a Job, which would start another one`, {
    hint: `Remove the Job: cleanroom destroy ${deploymentOf(part)}`,
  });
}

/** What has to be said first about rooms of which one is not confidential; null where all are. */
export function noticeOf(found: readonly RoomState[]): string | null {
  return found.every(({ confidential }) => confidential) ? null : PLAIN_NOTICE;
}

/** `text` with the notice as its first line, where there is one. */
export function afterNotice(notice: string | null, text: string): string {
  return notice === null ? text : `${notice}\n${text}`;
}

function noRoom(name: string | undefined): CleanroomError {
  return name === undefined
    ? new CleanroomError('ROOM_NOT_FOUND', 'there is no room', {
        hint: 'Create one: cleanroom deploy reply.cleanroom',
      })
    : new CleanroomError('ROOM_NOT_FOUND', `there is no room named ${name}`);
}
