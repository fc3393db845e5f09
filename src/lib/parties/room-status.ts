// What a room says of its own progress (`GET /status`). It is not attested: good for waiting, not for believing.

import * as v from 'valibot';

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { CleanroomError } from '../base/errors.js';
import type { RoomState } from '../ports/ports.js';
import { getFromRoom } from '../room/client/room-client.js';

const MAX_STATUS_BYTES = 256 * 1024;
const STATUS_TIMEOUT_MS = 10_000;

const ReportSchema = v.looseObject({
  state: v.picklist(['waiting', 'working', 'done', 'refused', 'failed']),
  phases: v.array(v.looseObject({ id: v.string(), state: v.string() })),
  progress: v.number(),
  /** `what`: a dataset's id, or `budget`, `results`, `work`. */
  waiting: v.array(v.looseObject({ what: v.string(), code: v.string() })),
  code: v.nullable(v.string()),
  /** False of a plain room, which says so itself; a confidential room is believed by its evidence only. */
  confidential: v.optional(v.boolean()),
});

export type RoomReport = v.InferOutput<typeof ReportSchema>;

/** Host and port of a room. @throws CleanroomError ROOM_UNREACHABLE where it has no address yet */
export function roomAddress(room: RoomState): { readonly host: string; readonly port: number } {
  const host = room.fqdn ?? room.ip;
  const port = room.ports[0];
  if (host === null || port === undefined) {
    throw new CleanroomError('ROOM_UNREACHABLE', `the room ${room.name} has no address yet`);
  }
  return { host: room.ip ?? host, port };
}

/** The room's report; null where it does not answer, or not in the form that a room of ours has. */
export async function fetchRoomReport(room: RoomState): Promise<RoomReport | null> {
  try {
    const answer = await getFromRoom({
      ...roomAddress(room),
      path: '/status',
      maxBytes: MAX_STATUS_BYTES,
      timeoutMs: STATUS_TIMEOUT_MS,
    });
    const outcome = v.safeParse(ReportSchema, JSON.parse(decodeUtf8(answer.body) ?? ''));
    return outcome.success ? outcome.output : null;
  } catch (cause) {
    if (cause instanceof CleanroomError || cause instanceof SyntaxError) return null;
    throw cause;
  }
}

/* States of a container group that does not start its containers again. */
const ENDED = new Set(['Failed', 'Stopped', 'Succeeded']);

/** Where the room is, in a few words: what it waits for, its phase, or its state. */
export function phaseOf({ state, phases, waiting }: RoomReport): string {
  const [first] = waiting;
  if (first !== undefined) return `waiting for ${first.what}: ${first.code}`;
  return phases.find((phase) => phase.state === 'active')?.id ?? state;
}

/** Why the room will give no (further) result, in a clause; null where it may. */
export function whyOver(room: RoomState, report: RoomReport | null): string | null {
  if (report?.state === 'refused') return `the room refused: ${report.code ?? 'no code'}`;
  if (ENDED.has(room.state)) return `the container group is ${room.state}`;
  return hasFinished(room) ? 'the room has ended' : null;
}

/* Its program ended with nothing to complain of, so that the platform does not start it again: the sidecar keeps the group up. */
function hasFinished({ containers }: RoomState): boolean {
  const program = containers.find(({ name }) => name === 'summarizer');
  return program?.state === 'Terminated' && program.exitCode === 0;
}

export function renderRoomReport(report: RoomReport | null): string {
  if (report === null) return 'the room does not answer yet';
  const phases = report.phases.map((phase) => `  ${phase.state.padEnd(8)} ${phase.id}`);
  const waiting = report.waiting.map(({ what, code }) => `  waiting for ${what}: ${code}`);
  const code = report.code === null ? '' : ` (${report.code}: see cleanroom why ${report.code})`;
  return [`the room says (not attested): ${report.state}${code}`, ...phases, ...waiting].join('\n');
}
