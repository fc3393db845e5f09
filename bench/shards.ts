// What documents cost that rooms share: processor time and memory of each room, a process over the built program. Processor time, not
// the clock's: so a machine with other work gives the same figures, and N rooms need no N idle cores to be compared.

import { modelDigest } from '../src/lib/summarizer/model-digest.js';
import { lenient, withModel } from '../test/support/room/contracts.js';
import { manyNotes } from '../test/support/room/many-notes.js';
import { type RoomUse, startShard, usedBy } from '../test/support/room/shard-process.js';
import { createWorld, type World } from '../test/support/room/world.js';
import type { BenchRow } from './row.js';

const COUNTS = [1, 10, 100, 1_000, 10_000] as const;
const OF_MODEL = 100;
const LIMITS = { maxCharacters: 900, maxShareOfSource: 1, maxCopiedWords: 1_000, maxResults: 9 };

export default async function benchShards(): Promise<readonly BenchRow[]> {
  return [
    ...(await costRows()),
    ...(await speedRows('t5-demo', OF_MODEL)),
    ...(await speedRows(null, 10_000)),
  ];
}

/* One room of one, which stores its parts and merges them: what each document costs beyond what any room costs. */
async function costRows(): Promise<readonly BenchRow[]> {
  const used = new Map<number, RoomUse>();
  for (const count of COUNTS) used.set(count, (await roomsOver(null, count, 1))[0] ?? NONE);
  const start = used.get(1)?.seconds ?? 0;
  const cost = (count: number): number => (1_000 * ((used.get(count)?.seconds ?? 0) - start)) / count;
  const memory = (count: number): number => used.get(count)?.mebibytes ?? 0;
  const figures = COUNTS.slice(2).map((count) => `${cost(count).toFixed(2)} ms at ${count}`);
  return [
    {
      name: 'shards: processor time a document, 10,000 documents of 1 KB without a model',
      against: 'the same, 1,000 documents',
      ratio: cost(10_000) / cost(1_000),
      target: '<= 1.1 (flat)',
      detail: `${figures.join(', ')}; and ${start.toFixed(2)} s a room`,
    },
    {
      name: 'shards: peak memory of a room, 10,000 documents of 1 KB',
      against: 'the same, 10 documents',
      ratio: memory(10_000) / memory(10),
      target: '<= 1.1 (flat)',
      detail: COUNTS.map((count) => `${memory(count).toFixed(0)} MiB at ${count}`).join(', '),
    },
  ];
}

/* Two ratios, and both are told: of all that the slowest room does, start and merge with it; and of the work on documents alone, which
   is what rooms share. The merge is one room's, whatever their number: it reads each text against the digest that its owner signed. */
async function speedRows(model: string | null, count: number): Promise<readonly BenchRow[]> {
  const [{ seconds: start } = NONE] = await roomsOver(model, 1, 1);
  const [{ seconds: alone } = NONE] = await roomsOver(model, count, 1);
  const two = (await roomsOver(model, count, 2)).map(({ seconds }) => seconds);
  const [first = 0, last = 0] = two;
  const merge = last - first;
  const name = `shards: 2 rooms, ${count} documents ${model === null ? 'without a model' : `with ${model}`}`;
  const against = 'one room; 2 is what two idle cores could give';
  const of = (seconds: number): string => `${seconds.toFixed(2)} s`;
  return [
    {
      name: `${name}, in all`,
      against,
      ratio: alone / Math.max(...two),
      target: '(less, by start and merge)',
      detail: `${of(alone)} of processor, and of two rooms ${two.map(of).join(' and ')} (the last merges)`,
    },
    {
      name: `${name}, what they share`,
      against,
      ratio: (alone - start - merge) / (first - start),
      target: '>= 1.8',
      detail: `${of(alone - start - merge)} and ${of(first - start)}; not shared: start of a room ${of(start)}, merge by one ${of(merge)}`,
    },
  ];
}

/* What each of `shards` rooms used, one after the other; the last one merges. */
async function roomsOver(model: string | null, count: number, shards: number): Promise<readonly RoomUse[]> {
  const world = await worldOf(model);
  try {
    await world.encrypt('notes', manyNotes(count));
    const used: RoomUse[] = [];
    for (let index = 0; index < shards; index++) used.push(await usedBy(startShard(world, index, shards)));
    const stored = (await world.storage.paths()).filter((path) => path.endsWith('.result.json'));
    if (stored.length !== 1) throw new Error(`${stored.length} results of ${count} documents`);
    return used;
  } finally {
    await world.close();
  }
}

async function worldOf(model: string | null): Promise<World> {
  const digest = model === null ? null : await modelDigest(`models/${model}`);
  return createWorld((contract) => {
    const generous = lenient(contract, LIMITS);
    return digest === null ? generous : withModel(generous, { family: 't5', digest });
  });
}

const NONE: RoomUse = { state: 'none', code: null, seconds: 0, mebibytes: 0 };
