// Rooms that share a run through a queue, against Azurite's queue service; what is killed here is a process.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { parseReceipt } from '../../../src/lib/evidence/receipt.js';
import { verifyReceipt } from '../../../src/lib/evidence/receipt-signature.js';
import { parseRoomRuntimeData } from '../../../src/lib/evidence/room-runtime-data.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { createSummarizer } from '../../../src/lib/summarizer/summarizer.js';
import { parseResult, type ResultDocument } from '../../../src/lib/summarizer/result-document.js';
import { openResult } from '../../../src/lib/summarizer/sealed-result.js';
import { bundleOfRoomEvidence } from '../../../src/lib/parties/collect-evidence.js';
import { type Contract } from '../../../src/lib/contract/schema.js';
import { createWorld, type World, worldAuthority } from '../../support/room/world.js';
import { seeded } from '../../support/seeded.js';
import { startTestQueues, type TestQueue, type TestQueues } from '../../support/room/queue-service.js';

const RESULT = '/results/quarterly-notes';
const PACE = { leaseSeconds: 1, pollMs: 30 };
const MAX_TOKENS = 2000;

/** Twelve documents that differ, each of several sentences. */
function documents(count = 12): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `note-${String(index).padStart(2, '0')}.txt`,
      Array.from(
        { length: 8 },
        (__, line) => `Site ${index} delivered ${line + 3} pallets on day ${index * 8 + line}.`,
      ).join(' '),
    ]),
  );
}

describe('rooms that share their work', function () {
  this.timeout(60_000);
  let queues: TestQueues;
  let queue: TestQueue;
  let world: World;
  let runs = 0;
  let endRooms = (): void => undefined;

  before(async () => {
    queues = await startTestQueues(await worldAuthority());
  });
  after(() => queues.stop());
  beforeEach(async () => {
    queue = await queues.open(`work-${++runs}`);
    world = await createWorld((contract) => sharing(contract, queue));
  });
  afterEach(async () => {
    endRooms();
    await world.close();
  });

  const start = { pace: PACE };
  const environment = (): Record<string, string> => ({ CLEANROOM_SAS_QUEUE: queue.sas });
  const runRooms = (count: number) =>
    Promise.all(Array.from({ length: count }, () => world.run({ ...start, environment: environment() })));
  const partPaths = (): string[] =>
    [...world.storage.blobs.keys()].filter((path) => /part-\d+\.json$/.test(path));

  const opened = async (): Promise<ResultDocument> => {
    const sealed = world.storage.text(`${RESULT}.result.json`)!;
    const key = world.parties.get('contoso')!.resultKey.export({ format: 'jwk' });
    return parseResult(await openResult(utf8(sealed), key));
  };
  /** What one room gives for the same documents. */
  const expected = async (texts: Record<string, string>): Promise<{ summary: string; each: string[] }> => {
    const named = Object.entries(texts).map(([name, text]) => ({ name: `notes/${name}`, text }));
    const summarizer = await createSummarizer({ modelDirectory: null });
    const maxTokens = Math.floor(MAX_TOKENS / (named.length + 1));
    const { summary, perDocument } = await summarizer.summarize(named, { maxTokens });
    return { summary, each: perDocument.map((one) => one.summary) };
  };
  const assertWhole = async (texts: Record<string, string>): Promise<void> => {
    const { summary, documents: each } = await opened();
    const wanted = await expected(texts);
    assert.deepEqual(
      each.map(({ title }) => title),
      Object.keys(texts).map((name) => `notes/${name}`),
    );
    assert.deepEqual(
      each.map(({ text }) => text),
      wanted.each,
    );
    assert.equal(summary.text, wanted.summary);
  };

  it('summarize every document once, and merge them to what one room gives', async () => {
    const texts = documents();
    await world.encrypt('notes', texts);
    const ends = await runRooms(3);
    assert.deepEqual(
      ends.map(({ state }) => state),
      ['done', 'done', 'done'],
    );
    await assertWhole(texts);
    const made = world.lines.map((line) => JSON.parse(line) as { event: string; document?: number });
    const done = made.filter(({ event }) => event === 'part-done').map(({ document }) => document);
    assert.deepEqual(
      [...done].sort((a, b) => a! - b!),
      [...Object.keys(texts).keys()],
    );
    assert.equal((await queue.client.getProperties()).approximateMessagesCount, 0);
  });

  it('leave one receipt for each document, and one merged that names them all', async () => {
    const texts = documents(5);
    await world.encrypt('notes', texts);
    await runRooms(2);
    const { receipt: merged } = parseReceipt(world.storage.text(`${RESULT}.receipt.jws`)!);
    assert.equal(merged.outcome, 'released');
    assert.deepEqual(merged.budget, { used: 1, of: 1 });
    const parts = Object.keys(texts).map((_, index) => {
      const { receipt: jws } = JSON.parse(world.storage.text(`${RESULT}.part-${index}.json`)!) as {
        receipt: string;
      };
      const { receipt } = parseReceipt(jws);
      assert.equal(receipt.outcome, 'part');
      assert.deepEqual(receipt.work, { document: index, of: 5 });
      assert.ok(world.storage.text(`${RESULT}.room-${receipt.report}.json`) !== null);
      return { receipt: sha256Hex(jws), report: receipt.report };
    });
    assert.deepEqual(merged.parts, parts);
  });

  it('lose no document and make none twice while processes are killed at random', async function () {
    this.timeout(120_000);
    const texts = documents(16);
    await world.encrypt('notes', texts);
    world.storage.writeMs = 250;
    const writes = new Map<string, number>();
    const { put } = world.storage;
    world.storage.put = (path, bytes) => {
      writes.set(path, (writes.get(path) ?? 0) + 1);
      put(path, bytes);
    };
    const rooms = new Set<ChildProcess>();
    let kills = 0;
    let ended = false;
    endRooms = () => {
      ended = true;
      for (const room of rooms) room.kill('SIGKILL');
    };
    const launch = (): void => {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', 'test/support/room/room-child.ts', '2', '50'],
        {
          env: { PATH: process.env['PATH'], ...world.environment, ...environment() },
          stdio: ['ignore', 'ignore', 'inherit'],
        },
      );
      rooms.add(child);
      child.once('exit', () => {
        rooms.delete(child);
        if (!ended && world.storage.text(`${RESULT}.receipt.jws`) === null) launch();
      });
    };
    for (let index = 0; index < 3; index++) launch();
    const random = seeded(20_240_611);
    while (world.storage.text(`${RESULT}.receipt.jws`) === null) {
      await sleep(400 + random() * 800);
      const victims = [...rooms];
      if (partPaths().length === 0 || kills >= 8) continue;
      victims[Math.floor(random() * victims.length)]?.kill('SIGKILL');
      kills += 1;
    }
    for (const room of rooms) if (room.exitCode === null) await once(room, 'exit');
    assert.ok(kills >= 3, `${kills} kills`);
    assert.equal(partPaths().length, 16);
    assert.deepEqual(
      [...writes].filter(([path, count]) => path.includes('.part-') && count !== 1),
      [],
    );
    await assertWhole(texts);
  });

  it('take up again what the queue has lost', async () => {
    const texts = documents(6);
    await world.encrypt('notes', texts);
    world.storage.writeMs = 120;
    const running = runRooms(2);
    while (partPaths().length < 2) await sleep(10);
    await queue.client.clearMessages();
    const ends = await running;
    assert.deepEqual(
      ends.map(({ state }) => state),
      ['done', 'done'],
    );
    await assertWhole(texts);
  });

  it('I14: let the queue choose nothing: what no room wrote is dropped, what is asked twice is made once', async () => {
    const texts = documents(4);
    await world.encrypt('notes', texts);
    for (const text of [
      'merge',
      'document 0',
      'document 0',
      'document 4',
      'document -1',
      'document 1 and 2',
      'all',
      '&lt;x/&gt;',
    ])
      await queue.client.sendMessage(text);
    const ends = await runRooms(2);
    assert.deepEqual(
      ends.map(({ state }) => state),
      ['done', 'done'],
    );
    await assertWhole(texts);
    assert.ok(world.lines.some((line) => line.includes('work-foreign')));
  });

  it('I9: take no part that was changed, moved to another document, or made for other inputs', async () => {
    const texts = documents(4);
    await world.encrypt('notes', documents(3));
    await runRooms(1);
    const old = world.storage.text(`${RESULT}.part-1.json`)!;
    for (const path of [...world.storage.blobs.keys()])
      if (path.startsWith(`${RESULT}.`)) world.storage.blobs.delete(path);
    world.storage.put(
      '/cleanroom/quarterly-notes.state',
      (await import('../../../src/lib/summarizer/budget.js')).initialBudgetState(world.parsed.digest),
    );
    await world.encrypt('notes', texts, { version: '2' });
    /* The host puts the part of the run before, and whatever else it has, where this run's would be. */
    world.storage.put(`${RESULT}.part-0.json`, utf8(old));
    world.storage.put(`${RESULT}.part-1.json`, utf8(old));
    world.storage.put(`${RESULT}.part-2.json`, utf8('{"v":1}'));
    const ends = await runRooms(2);
    assert.deepEqual(
      ends.map(({ state }) => state),
      ['done', 'done'],
    );
    await assertWhole(texts);
  });

  it('I9: take no part for the document of another', async () => {
    const texts = documents(3);
    await world.encrypt('notes', texts);
    await runRooms(1);
    const other = world.storage.text(`${RESULT}.part-1.json`)!;
    for (const suffix of ['result.json', 'receipt.jws', 'report.json', 'work.json'])
      world.storage.blobs.delete(`${RESULT}.${suffix}`);
    world.storage.put(`${RESULT}.part-0.json`, utf8(other));
    await runRooms(1);
    await assertWhole(texts);
  });

  it('refuse the whole run where a document cannot be summarized, and say which', async () => {
    await world.encrypt('notes', { ...documents(3), 'z.txt': '?!? ... !!!' });
    const ends = await runRooms(2);
    assert.deepEqual(
      ends.map(({ state, code }) => [state, code]),
      [
        ['refused', 'WORK_POISONED'],
        ['refused', 'WORK_POISONED'],
      ],
    );
    assert.equal(world.storage.text(`${RESULT}.result.json`), null);
    const part = JSON.parse(world.storage.text(`${RESULT}.part-3.json`)!) as { receipt: string };
    assert.equal(parseReceipt(part.receipt).receipt.refusal, 'TEXT_EMPTY');
  });

  it('all end at once with the refusal of the merge, which is counted and receipted by one of them', async () => {
    await world.close();
    world = await createWorld((contract) => {
      const shared = sharing(contract, queue);
      const limits = { ...shared.summary.limits, maxShareOfSource: 0.05 };
      return { ...shared, summary: { ...shared.summary, limits } };
    });
    await world.encrypt('notes', documents(8));
    const endedAt: number[] = [];
    const ends = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const { state, code } = await world.run({ ...start, environment: environment() });
        endedAt.push(performance.now());
        return [state, code];
      }),
    );
    assert.deepEqual(ends, Array(6).fill(['refused', 'LIMIT_REFUSED']));
    assert.ok(Math.max(...endedAt) - Math.min(...endedAt) < 3000, endedAt.join());
    const jws = world.storage.text(`${RESULT}.refusal.jws`)!;
    const bundle = bundleOfRoomEvidence(utf8(world.storage.text(`${RESULT}.refusal.report.json`)!), []);
    const { receipt } = verifyReceipt(jws, parseRoomRuntimeData(utf8(bundle.runtimeData)).receipt);
    assert.deepEqual([receipt.refusal, receipt.budget], ['LIMIT_REFUSED', { used: 1, of: 1 }]);
    assert.equal((await queue.client.getProperties()).approximateMessagesCount, 0);
  });

  it('X7: put no text into the queue, and nothing readable beside the results', async () => {
    await world.encrypt('notes', documents(3));
    await runRooms(1);
    const everything = [...world.storage.blobs].filter(([path]) => path.startsWith(RESULT));
    for (const [path, { bytes }] of everything) assert.ok(!Buffer.from(bytes).includes('pallets'), path);
    assert.ok(!world.lines.join('').includes('pallets'));
  });
});

function sharing(contract: Contract, { account, name }: TestQueue): Contract {
  const limits = {
    ...contract.summary.limits,
    maxTokens: MAX_TOKENS,
    maxShareOfSource: 1,
    maxVerbatimTokens: 10_000,
  };
  return {
    ...contract,
    room: { ...contract.room, workQueue: { account, name } },
    summary: { ...contract.summary, limits },
  };
}
