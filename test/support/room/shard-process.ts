// Rooms that share a run, each a process of its own over the built program: for figures, and for kills.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { World } from './world.js';

/** What a room has used when it ended by itself. */
export interface RoomUse {
  readonly state: string;
  readonly code: string | null;
  /** Of the processor, all threads. */
  readonly seconds: number;
  /** Most memory at a time. */
  readonly mebibytes: number;
}

/** Starts room `index` of `count`; 0 of 0 is a room that does all of the work. */
export function startShard({ environment }: World, index: number, count: number): ChildProcess {
  const shard = count === 0 ? {} : { CLEANROOM_SHARD: `${index}/${count}` };
  return spawn(process.execPath, [fileURLToPath(new URL('./shard-room.mjs', import.meta.url))], {
    env: { PATH: process.env['PATH'] ?? '', ...environment, ...shard },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Waits for its end. @throws Error where it did not end by itself, with what it wrote */
export async function usedBy(room: ChildProcess): Promise<RoomUse> {
  let output = '';
  for (const stream of [room.stdout, room.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(room, 'close');
  const line = output.split('\n').find((text) => text.startsWith('{"event":"used"'));
  if (line === undefined) throw new Error(`the room did not end by itself: ${output.slice(-500)}`);
  const { peakKiB, ...used } = JSON.parse(line) as Omit<RoomUse, 'mebibytes'> & { readonly peakKiB: number };
  return { ...used, mebibytes: peakKiB / 1024 };
}
