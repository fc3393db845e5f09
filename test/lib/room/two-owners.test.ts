// A room with the texts of two owners: neither alone, nor with the host, gets at what is the other's.

import assert from 'node:assert/strict';
import { FERRY_TEXT, lenient, ORCHARD_TEXT, withSecondOwner } from '../../support/room/contracts.js';
import { createWorld, type World } from '../../support/room/world.js';
import { ENTRY, RESULT, SOON, openStored } from '../../support/room/room-blobs.js';

describe('a room with two data owners', () => {
  let world: World;
  const twoOwners = (maxResults: number): Promise<World> =>
    createWorld((contract) => withSecondOwner(lenient(contract, { maxResults })));
  afterEach(() => world.close());

  it('N1: gives no result, and no part of one, while one owner refuses its key', async () => {
    world = await twoOwners(1);
    await world.encrypt('notes', FERRY_TEXT);
    await world.encrypt('plans', ORCHARD_TEXT);
    for (const name of world.sidecar.keys.keys())
      if (name.startsWith('tailspin'))
        world.sidecar.keys.set(name, 'the key does not meet key release policy');
    const { state, code, room } = await world.run(SOON);
    assert.deepEqual({ state, code }, { state: 'refused', code: 'KEY_RELEASE_DENIED' });
    assert.equal(await world.storage.text(RESULT), null);
    assert.equal((await world.get(room, '/result')).status, 404);
    assert.equal(await world.storage.text(ENTRY), null);
  });

  it('N1: waits for an owner who has not uploaded yet, and says for whom', async () => {
    world = await twoOwners(1);
    await world.encrypt('notes', FERRY_TEXT);
    const room = await world.start();
    let waiting: { what: string; code: string }[] = [];
    for (let look = 0; look < 50 && waiting.length === 0; look++) {
      waiting = (JSON.parse((await world.get(room, '/status')).text) as { waiting: typeof waiting }).waiting;
    }
    assert.deepEqual(
      waiting.map(({ what, code }) => ({ what, code })),
      [{ what: 'plans', code: 'BLOB_MISSING' }],
    );
    await world.encrypt('plans', ORCHARD_TEXT);
    assert.equal((await room.ended).state, 'done');
    const result = await openStored(world);
    assert.ok(result.summary.text.length > 0);
  });

  it('I11: refuses the blobs of two datasets swapped', async () => {
    world = await twoOwners(1);
    await world.encrypt('notes', FERRY_TEXT);
    await world.encrypt('plans', ORCHARD_TEXT);
    const [a, b] = ['/cleanroom/notes.sealed', '/cleanroom/plans.sealed'] as const;
    for (const suffix of ['', '.jws']) {
      const [one, two] = [await world.storage.bytes(a + suffix), await world.storage.bytes(b + suffix)];
      await world.storage.put(a + suffix, two);
      await world.storage.put(b + suffix, one);
    }
    assert.equal((await world.run(SOON)).code, 'SEAL_STATEMENT_REJECTED');
    assert.equal(world.sidecar.asked.length, 0);
  });

  it('N2: bounds how often one owner and the host can run against the other owner: two sets, then never again', async () => {
    world = await twoOwners(2);
    await world.encrypt('plans', ORCHARD_TEXT);
    const outcomes: (string | null)[] = [];
    for (let version = 1; version <= 4; version++) {
      await world.encrypt('notes', `${FERRY_TEXT} Variant number ${version}.`, { version: String(version) });
      outcomes.push((await world.run(SOON)).code);
    }
    assert.deepEqual(outcomes, [null, null, 'BUDGET_SPENT', 'BUDGET_SPENT']);
  });

  it('I14: counts once when two rooms of the same inputs run at the same time', async () => {
    world = await twoOwners(1);
    await world.encrypt('notes', FERRY_TEXT);
    await world.encrypt('plans', ORCHARD_TEXT);
    const rooms = await Promise.all([world.start(), world.start()]);
    const ends = await Promise.all(rooms.map((room) => room.ended));
    assert.deepEqual(
      ends.map(({ state }) => state),
      ['done', 'done'],
    );
    const places = (await world.storage.paths()).filter((path) => /\.budget\.\d+$/.test(path));
    assert.deepEqual(places.sort(), [ENTRY, '/tailspin-budget/quarterly-notes.budget.1']);
  });
});
