// Waiting until a room says that it is where the caller wants it.

import { setTimeout as sleep } from 'node:timers/promises';

import { CleanroomError } from '../base/errors.js';
import type { RoomOperator } from '../ports/ports.js';
import { fetchRoomReport, type RoomReport } from './room-status.js';

const POLL_MS = 250;

/**
 * Polls a room until `reached`, or until it has ended.
 *
 * @throws CleanroomError ROOM_UNREACHABLE when time is up, ROOM_NOT_FOUND
 */
export async function waitForRoom(
  rooms: RoomOperator,
  name: string,
  {
    reached,
    timeoutMs,
    signal,
  }: {
    readonly reached: (report: RoomReport) => boolean;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  },
): Promise<RoomReport> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    const room = await rooms.get(name);
    if (room === null) throw new CleanroomError('ROOM_NOT_FOUND', `the room ${name} is gone`);
    const report = room.ip === null ? null : await fetchRoomReport(room);
    if (report !== null && (hasEnded(report) || reached(report))) return report;
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new CleanroomError(
    'ROOM_UNREACHABLE',
    `the room ${name} did not get there within ${timeoutMs / 1000} s`,
  );
}

/** Whether a room will say nothing new any more. */
export function hasEnded(report: RoomReport): boolean {
  return report.state === 'done' || report.state === 'refused' || report.state === 'failed';
}
