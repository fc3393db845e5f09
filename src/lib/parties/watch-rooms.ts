// `status --watch`: tells what changes in the rooms of a deployment until none of them has more to do.

import { setTimeout as sleep } from 'node:timers/promises';

import type { Progress } from '../base/progress.js';
import type { Environment } from '../ports/environment.js';
import { fetchRoomReport, phaseOf, whyOver } from './room-status.js';
import { findRoomsOf } from './rooms.js';

const EVERY_MS = 1_000;

/** Returns when every room is done, has failed or cannot go on. @throws CleanroomError as findRoomsOf */
export async function watchRooms(
  environment: Environment,
  name: string | undefined,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<void> {
  let shown = '';
  for (;;) {
    signal.throwIfAborted();
    const rooms = await Promise.all(
      (await findRoomsOf(environment, name)).map(async (room) => ({
        room,
        report: await fetchRoomReport(room),
      })),
    );
    const now = rooms
      .map(({ room, report }) => `${room.name}: ${report === null ? room.state : phaseOf(report)}`)
      .join(', ');
    if (now !== shown) progress.phase(now);
    shown = now;
    if (rooms.every(({ room, report }) => isQuiet(report?.state) || whyOver(room, report) !== null)) return;
    await sleep(EVERY_MS, undefined, { signal });
  }
}

function isQuiet(state: string | undefined): boolean {
  return state === 'done' || state === 'failed';
}
