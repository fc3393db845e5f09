// A room as an attacker deploys it: any group, and how it ended.

import { setTimeout as sleep } from 'node:timers/promises';

import { createSasIssuer } from '../../azure/blob-store.js';
import { CleanroomError, type ErrorCode } from '../../base/errors.js';
import { fetchRoomReport } from '../../parties/room-status.js';
import { hasEnded } from '../../parties/wait-for-room.js';
import type { Deal } from '../stage/deal.js';
import { ROOM_EXIT } from '../../room/exit-codes.js';
import type { ContainerGroupDescription, GroupContainer } from '../../ports/container-group.js';
import { describeGroups, type RecomputedPolicy } from '../../parties/deploy-room.js';
import type { RoomOperator, RoomState } from '../../ports/ports.js';
import { removeGroup } from './plain-group.js';
import { connectionOf } from '../stage/connection-of.js';

const POLL_MS = 100;
const TIMEOUT_MS = 60_000;

/** Codes that a room keeps asking again for; an attacker who sees one of them waits in vain. */
const REFUSED_AND_WAITING = /^(?:KEY_|BUDGET_|BLOB_REFUSED|ATTESTATION_)/;

/* A room that refuses before it serves anything says so by its exit code alone. */
const CODE_OF_EXIT: Readonly<Record<number, ErrorCode>> = {
  [ROOM_EXIT.configuration]: 'ROOM_CONFIG_INVALID',
  [ROOM_EXIT.policy]: 'ROOM_POLICY_MISMATCH',
  [ROOM_EXIT.contractRefused]: 'CONTRACT_DIGEST_MISMATCH',
};

/** The group of a deal as its host would deploy it, under another name, and not started again when it ends. */
export async function describeRoom(
  { terms, parsed, tlsRoots, images, policy }: Deal,
  name: string,
  recomputed: RecomputedPolicy = policy,
): Promise<ContainerGroupDescription> {
  const { host } = terms;
  const connection = await connectionOf(host);
  const [group] = await describeGroups(
    {
      name,
      parsed,
      tlsRoots,
      images,
      recomputed,
      agreedPolicy: null,
      identity: host.profile.roomIdentity ?? null,
      dnsNameLabel: null,
      replicas: null,
      registries: [],
      parameters: new Map(),
    },
    { sas: createSasIssuer(connection), clock: () => new Date() },
  );
  if (group === undefined) throw new CleanroomError('INTERNAL', 'no group was described');
  return { ...group, restartPolicy: 'Never' };
}

/** Which container an attacker changes, and its variables: a value of undefined takes the variable out. */
export interface EnvironmentChange {
  readonly container: 'summarizer' | 'skr';
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** `group` with variables of a container changed. */
export function withEnvironment(
  group: ContainerGroupDescription,
  { container: changed, variables }: EnvironmentChange,
): ContainerGroupDescription {
  const change = (container: GroupContainer): GroupContainer => {
    const kept = container.environment.filter(({ name }) => !Object.hasOwn(variables, name));
    const added = Object.entries(variables).flatMap(([name, value]) =>
      value === undefined ? [] : [{ name, value, secure: false }],
    );
    return container.name === changed ? { ...container, environment: [...kept, ...added] } : container;
  };
  return { ...group, containers: group.containers.map(change) };
}

/**
 * Deploys a group, waits until the room is done, and removes it.
 *
 * @throws CleanroomError with the code of whoever stopped it: guest agent, HSM (as the room reports it), or the room
 */
export async function runToTheEnd(
  { terms: { host } }: Deal,
  group: ContainerGroupDescription,
  signal: AbortSignal,
): Promise<void> {
  const rooms = await host.services.rooms();
  try {
    await rooms.apply(group, { signal });
    const code = await waitForEnd(rooms, group.name, signal);
    if (code !== null) throw new CleanroomError(code, `the room ${group.name} refused`);
  } finally {
    await removeGroup(host, group.name);
  }
}

/** Null when the room is done; else why it stopped or what it waits for in vain. */
export async function waitForEnd(
  rooms: RoomOperator,
  name: string,
  signal: AbortSignal,
): Promise<ErrorCode | null> {
  for (let waited = 0; waited < TIMEOUT_MS; waited += POLL_MS) {
    signal.throwIfAborted();
    const room = await rooms.get(name);
    if (room === null) throw new CleanroomError('ROOM_NOT_FOUND', `the room ${name} is gone`);
    const exited = room.containers.find((container) => container.name === 'summarizer')?.exitCode ?? null;
    const ended = exited === null ? await askRoom(room) : endOfProcess(exited);
    if (ended !== null) return ended.code;
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new CleanroomError('ROOM_UNREACHABLE', `the room ${name} did not end in ${TIMEOUT_MS / 1000} s`);
}

interface RoomEnd {
  readonly code: ErrorCode | null;
}

async function askRoom(room: RoomState): Promise<RoomEnd | null> {
  const report = room.ip === null ? null : await fetchRoomReport(room);
  if (report === null) return null;
  if (hasEnded(report))
    return { code: report.state === 'done' ? null : ((report.code ?? 'DEPLOYMENT_FAILED') as ErrorCode) };
  const vain = report.waiting.find(({ code }) => REFUSED_AND_WAITING.test(code));
  return vain === undefined ? null : { code: vain.code as ErrorCode };
}

function endOfProcess(exitCode: number): RoomEnd {
  return { code: CODE_OF_EXIT[exitCode] ?? 'DEPLOYMENT_FAILED' };
}
