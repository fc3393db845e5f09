// Rooms that share a run in the local Azure: documents a second of two rooms, against one room, from the first part to the
// last; the merge, which one room makes, is said beside it. Sentences are picked, in one thread a room, so that the
// machine's cores are what is shared.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ContainerClient } from '@azure/storage-blob';

import { clientOptions } from '../src/lib/azure/connection.js';
import { openRooms } from '../src/lib/cli/rooms.js';
import { deployRooms, encryptText } from '../src/lib/attack-kit/stage/steps.js';
import { groupName } from '../src/lib/ports/container-group.js';
import { type PackedParties, startPackedParties } from '../test/support/packed-parties.js';
import type { BenchRow } from './row.js';

const DOCUMENTS = 16;
const SENTENCES = 600;
const ORDER = [1, 2, 2, 1];
/* Far beyond what an idle machine needs. */
const TIMEOUT_MS = 240_000;
const PART = /[.]part-[0-9]+[.]json$/;

export default async function benchReplicas(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'cleanroom-bench-'));
  const parties = await startPackedParties(directory);
  try {
    const { stage, deal } = parties;
    const [owner] = deal.terms.owners;
    if (owner === undefined) throw new Error('the deal has no data owner');
    await encryptText(stage, owner, writeTexts(directory));
    const runs = new Map<number, RunTimes[]>();
    for (const rooms of ORDER) runs.set(rooms, [...(runs.get(rooms) ?? []), await timeRun(parties, rooms)]);
    const mean = (rooms: number, of: keyof RunTimes): number => {
      const times = runs.get(rooms) ?? [];
      return times.reduce((sum, run) => sum + run[of], 0) / times.length;
    };
    const rate = (rooms: number): number => (DOCUMENTS - 1) / mean(rooms, 'partSeconds');
    const merge = [2, 1].map((rooms) => mean(rooms, 'mergeSeconds').toFixed(1));
    return [
      {
        name: `replicas: ${DOCUMENTS} documents, 2 rooms`,
        against: '1 room',
        ratio: rate(2) / rate(1),
        target: '>= 1.5 on two idle cores',
        detail: `${rate(2).toFixed(2)} against ${rate(1).toFixed(2)} documents/s; merged ${merge.join(' and ')} s later`,
      },
    ];
  } finally {
    await parties.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function writeTexts(directory: string): string {
  const texts = join(directory, 'texts');
  mkdirSync(texts);
  for (let index = 0; index < DOCUMENTS; index++) {
    const sentences = Array.from(
      { length: SENTENCES },
      (_, line) => `Site ${index} of Fabrikam sent ${line + 3} pallets by route ${(line * 7) % 31}.`,
    );
    writeFileSync(join(texts, `${String(index).padStart(2, '0')}.txt`), sentences.join(' '));
  }
  return texts;
}

interface RunTimes {
  /** From the first part to the last: starting and attesting is no work to share. */
  readonly partSeconds: number;
  /** From the last part to the merged receipt. */
  readonly mergeSeconds: number;
}

async function timeRun(parties: PackedParties, count: number): Promise<RunTimes> {
  const { deal, stage } = parties;
  const results = await openResults(parties);
  /* The same inputs again: the budget allows that, and the rooms find nothing that was made before. */
  for (const name of await results.names()) await results.container.deleteBlob(name);
  await deployRooms(stage, deal, count);
  const since = performance.now();
  const seen = async (suffix: RegExp, often: number): Promise<number> => {
    while (performance.now() - since < TIMEOUT_MS) {
      const names = await results.names();
      if (names.filter((name) => suffix.test(name)).length >= often) return performance.now() / 1000;
      await sleep(200);
    }
    throw new Error(`${count} rooms left no ${String(suffix)} in time`);
  };
  const first = await seen(PART, 1);
  const last = await seen(PART, DOCUMENTS);
  const merged = await seen(/[.]receipt[.]jws$/, 1);
  const rooms = await openRooms(deal.terms.host);
  for (let number = 1; number <= count; number++)
    await rooms.remove(groupName(deal.parsed.contract.name, { number }), stage.signal);
  return { partSeconds: last - first, mergeSeconds: merged - last };
}

/** The container of the results, and the names of this run's blobs in it. */
async function openResults({
  deal,
}: PackedParties): Promise<{ readonly container: ContainerClient; names(): Promise<readonly string[]> }> {
  const { account, container: name, name: prefix } = deal.parsed.contract.room.resultBlob;
  const connection = await deal.terms.host.connect();
  const { BlobServiceClient } = await import('@azure/storage-blob');
  const service = new BlobServiceClient(account, connection.credential, clientOptions(connection));
  const container = service.getContainerClient(name);
  return {
    container,
    names: async () => {
      const names: string[] = [];
      for await (const blob of container.listBlobsFlat({ prefix: `${prefix}.` })) names.push(blob.name);
      return names;
    },
  };
}
