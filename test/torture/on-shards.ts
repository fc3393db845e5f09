// Rooms that share one run of many documents, each killed with -9 at random and started again, as a platform does: nothing is lost,
// nothing is there twice, and there is one result, that of one room.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { parseReceipt } from '../../src/lib/evidence/receipt.js';
import { lenient } from '../support/room/contracts.js';
import { manyNotes } from '../support/room/many-notes.js';
import { startShard } from '../support/room/shard-process.js';
import { createWorld, type World } from '../support/room/world.js';
import type { Figures } from './figures.js';
import { blobsInClear } from './on-rooms.js';

export interface SharedRun {
  readonly documents: number;
  readonly shards: number;
  /** Kills to reach, by all rooms together. */
  readonly kills: number;
  /** No kill after it, by performance.now(). */
  readonly until: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/* Rooms at a time: as many as an ordinary machine has processors for. */
const AT_ONCE = 2;
const RESULT = /\.(?:result\.json|receipt\.jws|report\.json|refusal\.jws|causes\.json)$|\.part\.|\.budget\./;

/** Kills rooms, and looks at what is in storage when all have ended by themselves. */
export async function sharing(run: SharedRun): Promise<Figures> {
  const begun = performance.now();
  const limits = { maxCharacters: 900, maxShareOfSource: 1, maxCopiedWords: 1_000, maxResults: 3 };
  const world = await createWorld((contract) => lenient(contract, limits));
  try {
    const texts = manyNotes(run.documents);
    await world.encrypt('notes', texts);
    const before = new Set(await world.storage.paths());
    const whole = await digestAlone(world, before);
    const lastsMs = (performance.now() - begun) / run.shards;
    const { starts, kills, faults } = await shareOut(world, run, lastsMs);
    const found = whole === null ? ['one room gave no result'] : await faultsOf(world, before, whole, texts);
    const blobs = (await world.storage.paths()).filter((path) => path.includes('.part.')).length;
    return {
      scenario: `${run.documents} documents over ${run.shards} shards`,
      trials: starts,
      kills,
      faults: [...faults, ...found],
      seconds: (performance.now() - begun) / 1000,
      note: `${blobs} blobs of parts, ${run.documents} documents in one result: ${String(whole).slice(0, 12)}`,
    };
  } finally {
    await world.close();
  }
}

/* What one room gives that does all of the work; what it left is taken away. */
async function digestAlone(world: World, before: ReadonlySet<string>): Promise<string | null> {
  await endOf(startShard(world, 0, 0));
  const digest = await givenDigest(world);
  await world.storage.remove((await world.storage.paths()).filter((path) => !before.has(path)));
  return digest;
}

interface Shared {
  starts: number;
  kills: number;
  readonly faults: string[];
}

/* Each index until it ends by itself; the time that one takes is that of the last that did. */
async function shareOut(
  world: World,
  { shards, kills, until, random }: SharedRun,
  firstLastsMs: number,
): Promise<Shared> {
  const shared: Shared = { starts: 0, kills: 0, faults: [] };
  const waiting = Array.from({ length: shards }, (_, index) => index).sort(() => random() - 0.5);
  let lastsMs = firstLastsMs;
  const work = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      const start = performance.now();
      const room = startShard(world, index, shards);
      shared.starts++;
      const mayDie = shared.kills < kills && start < until;
      const killed = mayDie && (await killAfter(room, random() * lastsMs));
      if (killed) shared.kills++;
      const code = killed ? null : await endOf(room);
      if (killed) waiting.splice(Math.floor(random() * (waiting.length + 1)), 0, index);
      else if (code === 0) lastsMs = performance.now() - start;
      else shared.faults.push(`room ${index} ended with ${String(code)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return shared;
}

async function killAfter(room: ChildProcess, afterMs: number): Promise<boolean> {
  const ended = once(room, 'close');
  await Promise.race([ended, delay(afterMs)]);
  room.kill('SIGKILL');
  if (room.exitCode === null && room.signalCode === null) await ended;
  return room.signalCode === 'SIGKILL';
}

async function endOf(room: ChildProcess): Promise<number | null> {
  for (const stream of [room.stdout, room.stderr]) stream?.resume();
  if (room.exitCode === null && room.signalCode === null) await once(room, 'close');
  return room.exitCode;
}

async function faultsOf(
  { storage }: World,
  before: ReadonlySet<string>,
  whole: string,
  texts: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const made = (await storage.paths()).filter((path) => !before.has(path));
  const count = (ending: RegExp): number => made.filter((path) => ending.test(path)).length;
  const wanted: readonly (readonly [what: string, ending: RegExp, count: number])[] = [
    ['results', /\.result\.json$/, 1],
    ['receipts', /\.receipt\.jws$/, 1],
    ['refusals', /\.refusal\.jws$/, 0],
    ['places of the budget', /\.budget\.\d+$/, 1],
    ['closed places', /\.closed$/, 1],
  ];
  const sentences = Object.values(texts)
    .slice(0, 3)
    .map((text) => text.slice(0, 60));
  return [
    ...wanted.flatMap(([what, ending, right]) =>
      count(ending) === right ? [] : [`${count(ending)} ${what}, not ${right}`],
    ),
    ...(digestOf(await storage.text(pathOf(made, '.receipt.jws'))) === whole
      ? []
      : ['another result than that of one room']),
    ...made.filter((path) => !RESULT.test(path)).map((path) => `${path} is there`),
    ...(await blobsInClear(storage, sentences))
      .filter((path) => !before.has(path))
      .map((path) => `in clear: ${path}`),
  ];
}

async function givenDigest({ storage }: World): Promise<string | null> {
  return digestOf(await storage.text(pathOf(await storage.paths(), '.receipt.jws')));
}

function pathOf(paths: readonly string[], ending: string): string {
  return paths.find((path) => path.endsWith(ending)) ?? '';
}

function digestOf(receipt: string | null): string | null {
  return receipt === null ? null : (parseReceipt(receipt.trim()).receipt.output?.digest ?? null);
}
