// A room killed while it works: its budget counts once, its result is there once, and nothing of the text anywhere in clear.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

import { holdsSecret } from '../../src/lib/attack-kit/attacks/plaintext-search.js';
import type { Contract } from '../../src/lib/contract/schema.js';
import { FERRY_TEXT, lenient } from '../support/room/contracts.js';
import type { RoomStorage } from '../support/room/storage.js';
import { createWorld, type World } from '../support/room/world.js';
import { filesInClear, LINE, type Place, placeOf } from './places.js';
import type { Scenario } from './trial.js';

/** The built program of a room as a process in `place`; it logs to stdout. */
export function startRoomProcess({ environment }: World, { env }: Place): ChildProcess {
  return spawn(process.execPath, ['dist/lib/room/main.js'], {
    env: { PATH: process.env['PATH'] ?? '', ...env, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** The lines that a room has logged, until one of `event`. @returns null where it ended before */
export async function untilLogged(room: ChildProcess, event: string): Promise<string | null> {
  let output = '';
  return new Promise((resolve) => {
    room.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(`"event":"${event}"`)) resolve(output);
    });
    room.once('close', () => resolve(null));
  });
}

/** A world whose room listens on a port that is free now. */
export async function worldWithPort(
  change: (contract: Contract) => Contract = (contract) => contract,
): Promise<{ readonly world: World; readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  const world = await createWorld((contract) => {
    const limits = { maxResults: 1, maxShareOfSource: 1, maxCopiedWords: 1000 };
    const edited = change(lenient(contract, limits));
    return { ...edited, room: { ...edited.room, ports: [port] } };
  });
  return { world, port };
}

/** A contract of one result, a room on it, and the room again, each time anew. */
export function budgeting(root: string): Scenario {
  const place = placeOf(root, 'budget');
  const worlds = new Map<number, World>();
  const worldOf = async (trial: number): Promise<World> => {
    const known = worlds.get(trial);
    if (known !== undefined) return known;
    const { world } = await worldWithPort();
    await world.encrypt('notes', `${FERRY_TEXT} ${LINE}`.repeat(400));
    worlds.set(trial, world);
    return world;
  };
  return {
    name: 'room and its budget',
    start: async (trial) => startRoomProcess(await worldOf(trial), place),
    again: async (trial) => {
      const world = await worldOf(trial);
      const fault = (await runToEnd(world, place)) ?? (await faultOf(world));
      await world.close();
      worlds.delete(trial);
      return fault;
    },
    inClear: async (trial) => [
      ...(await filesInClear([place.env.HOME, place.env.TMPDIR])),
      ...(await blobsInClear(worlds.get(trial)?.storage, [LINE.trim()])),
    ],
    close: async () => {
      for (const world of worlds.values()) await world.close();
    },
  };
}

/** Paths of the blobs that hold one of these texts as it is. */
export async function blobsInClear(
  storage: RoomStorage | undefined,
  secrets: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of (await storage?.paths()) ?? [])
    if (holdsSecret(await storage!.bytes(path), secrets)) found.push(path);
  return found;
}

async function runToEnd(world: World, place: Place): Promise<string | null> {
  const room = startRoomProcess(world, place);
  const exited = once(room, 'exit') as Promise<[number | null]>;
  const output = await untilLogged(room, 'ended');
  room.kill('SIGTERM');
  const [code] = await exited;
  if (output === null || code !== 0) return `the room ended with ${String(code)}`;
  return output.includes('"state":"done"') ? null : output.slice(-300);
}

async function faultOf({ storage }: World): Promise<string | null> {
  const paths = await storage.paths();
  const entries = paths.filter((path) => /\.budget\.\d+$/.test(path));
  const closings = paths.filter((path) => path.endsWith('.closed'));
  const results = paths.filter((path) => path.endsWith('.result.json'));
  const right = entries.length === 1 && closings.length === 1 && results.length === 1;
  return right ? null : `${entries.length} places, ${closings.length} closed; ${paths.join(' ')}`;
}
