// Several rooms of one contract, each with a share of the documents, that never speak to each other: what they give is what one room
// gives, whatever the host does with indexes and storage, and wherever a room is killed.

import assert from 'node:assert/strict';

import { parseReceipt, type Receipt } from '../../../src/lib/evidence/receipt.js';
import { concatBytes, utf8 } from '../../../src/lib/base/bytes/arrays.js';
import type { Contract } from '../../../src/lib/contract/schema.js';
import { parseResult, type ResultDocument } from '../../../src/lib/summarizer/result-document.js';
import { openResult } from '../../../src/lib/summarizer/sealed-result.js';
import { causeFor } from '../../support/room/causes.js';
import { lenient, withSecondOwner } from '../../support/room/contracts.js';
import type { StorageCall } from '../../support/room/storage.js';
import { createWorld, type Content, type StartOptions, type World } from '../../support/room/world.js';
import { seeded } from '../../support/seeded.js';

const RESULT = '/results/quarterly-notes';
const DATASET_TEXTS = ['plans', 'pallets', 'ferries', 'pears', 'wells'];

function documents(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `note-${index}.txt`,
      Array.from(
        { length: 6 },
        (__, line) =>
          `Site ${index} delivered ${line + 3} ${DATASET_TEXTS[(index + line) % 5]} on day ${index * 8 + line} of the year.`,
      ).join(' '),
    ]),
  );
}

type Part = readonly [path: string, bytes: Uint8Array];
const shard = (index: number, count: number) => ({ environment: { CLEANROOM_SHARD: `${index}/${count}` } });
const generous = (contract: Contract): Contract =>
  lenient(contract, { maxCharacters: 2000, maxShareOfSource: 1, maxCopiedWords: 400, maxResults: 3 });

describe('rooms that share the documents of a run', function () {
  this.timeout(60_000);
  let world: World;
  afterEach(() => world.close());

  async function worldWith(content: Content, change = generous): Promise<World> {
    world = await createWorld(change);
    await world.encrypt('notes', content);
    return world;
  }
  const partPaths = async (): Promise<string[]> =>
    (await world.storage.paths()).filter((path) => path.includes('.part.'));
  const parts = async (): Promise<readonly Part[]> => {
    const found: Part[] = [];
    for (const path of await partPaths()) found.push([path, await world.storage.bytes(path)]);
    return found;
  };
  const resultPaths = async (): Promise<string[]> =>
    (await world.storage.paths()).filter((path) => path.startsWith(RESULT) && !path.includes('.part.'));
  const receipt = async (): Promise<Receipt | null> => {
    const jws = await world.storage.text(`${RESULT}.receipt.jws`);
    return jws === null ? null : parseReceipt(jws).receipt;
  };
  const result = async (): Promise<ResultDocument> => {
    const key = world.parties.get('contoso')!.resultKey.export({ format: 'jwk' });
    return parseResult(await openResult(utf8((await world.storage.text(`${RESULT}.result.json`))!), key));
  };
  /** The digest of what one room gives that does all of the work; its result is taken away again. */
  async function alone(): Promise<string> {
    assert.equal((await world.run()).state, 'done');
    const { digest } = (await receipt())!.output!;
    await world.storage.remove(await resultPaths());
    return digest;
  }
  const writesOf = (suffix: string): number =>
    world.storage.seen.filter((line) => line === `PUT ${RESULT}.${suffix}`).length;

  it('give what one room gives that does all of the work, whatever their number and order', async () => {
    await worldWith(documents(3));
    const digest = await alone();
    for (const order of [['2/3', '0/3', '1/3'], ['0/1'], ['3/4', '0/4', '2/4', '1/4']]) {
      await world.storage.remove([...(await partPaths()), ...(await resultPaths())]);
      for (const which of order) {
        const { state, code } = await world.run({ environment: { CLEANROOM_SHARD: which } });
        assert.deepEqual({ state, code }, { state: 'done', code: null });
      }
      assert.equal((await receipt())?.output?.digest, digest, order.join(' '));
      assert.deepEqual((await receipt())?.budget, { used: 1, of: 3 });
    }
    assert.equal((await result()).documents.length, 3);
  });

  it('take index and count from Kubernetes as well', async () => {
    await worldWith(documents(2));
    for (const index of ['1', '0'])
      await world.run({ environment: { JOB_COMPLETION_INDEX: index, CLEANROOM_SHARDS: '2' } });
    assert.equal((await result()).documents.length, 2);
  });

  it('give one result, once, however many find all parts there', async () => {
    await worldWith(documents(4));
    await Promise.all([0, 1, 2].map((index) => world.run(shard(index, 3))));
    const given = await world.storage.text(`${RESULT}.receipt.jws`);
    assert.notEqual(given, null);
    for (const index of [0, 1, 2, 0]) assert.equal((await world.run(shard(index, 3))).state, 'done');
    assert.equal(await world.storage.text(`${RESULT}.receipt.jws`), given);
    assert.deepEqual(
      (await world.storage.paths()).filter((path) => path.endsWith('.budget.2')),
      [],
    );
  });

  it('I35: store parts in blobs of one length, whatever is in them and however many, and all together', async () => {
    await worldWith({
      ...documents(4),
      'long.txt': 'Many words. '.repeat(900),
      'none.txt': '...',
      'odd.txt': Uint8Array.of(0, 1, 2),
    });
    const lengths = async (): Promise<readonly number[]> => (await parts()).map(([, bytes]) => bytes.length);
    await world.run(shard(0, 2));
    assert.equal((await lengths()).length, 1);
    await world.run(shard(1, 2));
    assert.equal((await lengths()).length, 2);
    assert.equal(new Set(await lengths()).size, 1);
    const puts = world.storage.seen.filter((line) => line.startsWith('PUT') && line.includes('.part.'));
    assert.equal(puts.length, 2);
  });

  it('I35: say the same outside of a document that fails and of one that does not', async () => {
    const lines: string[][] = [];
    const seen: string[][] = [];
    for (const second of ['A second text about the ferry line and its timetable in the spring.', '...']) {
      await worldWith({
        'a.txt': 'A text about the ferry line and its timetable in the autumn.',
        'b.txt': second,
      });
      const { state, code } = await world.run(shard(1, 2));
      assert.deepEqual({ state, code }, { state: 'done', code: null });
      lines.push(world.lines.map((line) => (JSON.parse(line) as { event: string }).event));
      seen.push(world.storage.seen.map((line) => line.replace(/[0-9a-f]{64}/, 'inputs')));
      await world.close();
    }
    assert.deepEqual(lines[0], lines[1]);
    assert.deepEqual(seen[0], seen[1]);
    world = await createWorld();
  });

  it('open no text before the entry of the budget is there', async () => {
    await worldWith(documents(3));
    let early = 0;
    const blob = '/fabrikam-data/notes.sealed';
    const sealed = (await world.storage.paths()).find((path) => path.endsWith('.sealed'))!;
    const { length } = await world.storage.bytes(sealed);
    world.storage.intercept = async (request) => {
      const range = request.headers['x-ms-range'] ?? '';
      const entry = (await world.storage.paths()).some((path) => path.endsWith('.budget.1'));
      if (range.endsWith(`-${length - 1}`) && !entry) early += 1;
      return null;
    };
    await world.run(shard(2, 3));
    assert.equal(early, 0, blob);
    assert.ok((await world.storage.paths()).some((path) => path.endsWith('.budget.1')));
    assert.ok(!(await world.storage.paths()).some((path) => path.endsWith('.closed')));
  });

  it('end with one refusal where a document is poisoned, and say why to its owner alone', async () => {
    await worldWith({ ...documents(4), 'poison.txt': Uint8Array.of(0x41, 0, 0x42) });
    for (const index of [1, 0, 2, 0, 1, 2]) {
      const { state, code } = await world.run(shard(index, 3));
      if (state !== 'done') assert.equal(code, 'NO_RESULT');
    }
    assert.equal(writesOf('refusal.jws'), 1);
    assert.equal(await receipt(), null);
    assert.equal((await causeFor(world)).code, 'TEXT_BINARY');
    const refusal = parseReceipt((await world.storage.text(`${RESULT}.refusal.jws`))!).receipt;
    assert.deepEqual([refusal.refusal, refusal.budget], ['NO_RESULT', { used: 1, of: 3 }]);
  });

  it('refill a store that was emptied, when their index runs again', async () => {
    await worldWith(documents(5));
    const digest = await alone();
    await world.run(shard(0, 2));
    await world.storage.remove(await partPaths());
    await world.run(shard(1, 2));
    assert.equal(await receipt(), null);
    await world.run(shard(0, 2));
    assert.equal((await receipt())?.output?.digest, digest);
  });

  it('I29: pass over parts that the host moves, mixes, cuts, makes up, or takes from another run', async () => {
    await worldWith(documents(4));
    await world.run(shard(0, 2));
    const old = new Map(await parts());
    await world.encrypt('notes', documents(6), { version: '2' });
    await world.run(shard(0, 2));
    await world.run(shard(1, 2));
    const { digest } = (await receipt())!.output!;
    const [[path, mine], [, other]] = (await parts()).filter(([name]) => !old.has(name)) as [Part, Part];
    const slot = mine.length / 3;
    const changes: Readonly<Record<string, Uint8Array>> = {
      'of another run': old.values().next().value!,
      'of another shard': other,
      'in another order': concatBytes(mine.subarray(slot), mine.subarray(0, slot)),
      'one part twice': concatBytes(mine.subarray(0, 2 * slot), mine.subarray(slot, 2 * slot)),
      'cut off': mine.subarray(0, 2 * slot),
      'a bit changed': mine.map((byte, at) => (at === mine.length - 40 ? byte ^ 1 : byte)),
      nothing: new Uint8Array(0),
      'no part': new Uint8Array(3_000_000),
    };
    for (const [what, bytes] of Object.entries(changes)) {
      await world.storage.remove(await resultPaths());
      await world.storage.put(path, bytes);
      await world.run(shard(1, 2));
      assert.deepEqual(await resultPaths(), [], `a part that no room made was merged: ${what}`);
    }
    await world.run(shard(0, 2));
    assert.equal((await receipt())?.output?.digest, digest);
  });

  it('N2: need the keys of all owners for a part, so that host and one owner cannot make or read one', async () => {
    world = await createWorld((contract) => generous(withSecondOwner(contract)));
    await world.encrypt('notes', documents(2));
    await world.encrypt('plans', documents(2));
    const denied = new Map(world.sidecar.keys);
    for (const name of denied.keys())
      if (name.includes('plans')) world.sidecar.keys.set(name, 'KeyDisabled: status equal to 403');
    const { state } = await world.run({ ...shard(0, 2), giveUpAfterMs: 0 });
    assert.notEqual(state, 'done');
    assert.deepEqual(await partPaths(), []);
    for (const [name, key] of denied) world.sidecar.keys.set(name, key);
    for (const index of [0, 1]) await world.run(shard(index, 2));
    assert.equal((await result()).documents.length, 4);
  });

  it('II5: stop where an owner revokes in the middle of a run, which the budget still shows', async () => {
    await worldWith(documents(4));
    await world.run(shard(0, 2));
    for (const name of world.sidecar.keys.keys())
      world.sidecar.keys.set(name, 'KeyDisabled: status equal to 403');
    const { state } = await world.run({ ...shard(1, 2), giveUpAfterMs: 0 });
    assert.notEqual(state, 'done');
    assert.equal(await receipt(), null);
    assert.ok((await world.storage.paths()).some((path) => path.endsWith('.budget.1')));
  });

  it('refuse half a shard, no shards, an index past their number, and two kinds at once', async () => {
    await worldWith(documents(1));
    for (const environment of [
      { CLEANROOM_SHARD: '3/3' },
      { CLEANROOM_SHARD: '0/0' },
      { CLEANROOM_SHARD: '1' },
      { CLEANROOM_SHARD: '0/1/1' },
      { CLEANROOM_SHARD: '-1/2' },
      { JOB_COMPLETION_INDEX: '0' },
      { CLEANROOM_SHARDS: '2' },
      { JOB_COMPLETION_INDEX: '0', CLEANROOM_SHARDS: '123456' },
      { CLEANROOM_SHARD: '0/2', CLEANROOM_SHARDS: '2' },
    ] as readonly Record<string, string>[])
      await assert.rejects(world.start({ environment }), { code: 'ROOM_CONFIG_INVALID' });
  });

  it('O7: lose nothing, and make nothing twice, while they are killed at random between two requests', async function () {
    this.timeout(120_000);
    await worldWith(documents(6));
    const digest = await alone();
    const random = seeded(20_261_130);
    for (let round = 0; round < 2; round++) {
      await world.storage.remove([...(await partPaths()), ...(await resultPaths())]);
      for (const path of await world.storage.paths())
        if (path.includes('.budget.')) await world.storage.remove([path]);
      for (const index of [0, 1, 2]) {
        await killedAfter(1 + Math.floor(random() * 34), index);
        await world.run(shard(index, 3));
      }
      assert.equal((await receipt())?.output?.digest, digest);
      assert.deepEqual((await receipt())?.budget, { used: 1, of: 3 });
    }
  });

  it('O7: give the result that was counted, when the one that merged is killed before it stores it', async () => {
    await worldWith(documents(2));
    await world.run(shard(0, 2));
    await killedWhen(
      (request) => request.method === 'PUT' && request.path.endsWith('.report.json'),
      shard(1, 2),
    );
    assert.equal(await receipt(), null);
    const counted = (await world.storage.paths()).filter((path) => path.includes('.budget.'));
    assert.equal(counted.filter((path) => path.endsWith('.closed')).length, 1);
    await world.run(shard(1, 2));
    assert.deepEqual((await receipt())?.budget, { used: 1, of: 3 });
  });

  /* From that request on nothing of this room gets through, and it does not live to say so. */
  async function killedAfter(requests: number, index: number): Promise<void> {
    let left = requests;
    await killedWhen(() => left-- <= 0, shard(index, 3));
  }

  async function killedWhen(isLast: (request: StorageCall) => boolean, which: StartOptions): Promise<void> {
    const death = new AbortController();
    world.storage.intercept = (request) => {
      if (!death.signal.aborted && !isLast(request)) return null;
      death.abort();
      return { status: 503 };
    };
    try {
      const room = await world.start({ ...which, signal: death.signal });
      await room.ended;
    } catch {
      /* killed before it served */
    } finally {
      world.storage.intercept = null;
    }
  }
});
