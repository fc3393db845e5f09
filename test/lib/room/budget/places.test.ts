// Places of the budget in two accounts: gaps, foreign and unmarked entries, rooms that cross, kills between each two steps.

import assert from 'node:assert/strict';

import fc from 'fast-check';

import { utf8 } from '../../../../src/lib/base/bytes/arrays.js';
import { sha256Hex, type Sha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { CleanroomError } from '../../../../src/lib/base/errors.js';
import { deriveBudgetKey, encodeClosing, encodeEntry } from '../../../../src/lib/room/budget/entry.js';
import {
  type BudgetAccess,
  type ClaimedPlace,
  claimPlace,
  closePlace,
} from '../../../../src/lib/room/budget/places.js';

const CONTRACT = sha256Hex('contract');
const OUTPUT = sha256Hex('output');
const FABRIKAM = 'https://fabrikamdata.blob.core.windows.net/cleanroom-budget/notes';
const TAILSPIN = 'https://tailspindata.blob.core.windows.net/cleanroom-budget/notes';

/** Create-only storage; a room is killed at its `diesAt`th request. */
class Storage {
  readonly blobs = new Map<string, Uint8Array>();
  down: string | null = null;

  client(diesAt = Infinity): BudgetAccess['client'] {
    let requests = 0;
    const step = (url: string): void => {
      if (++requests >= diesAt) throw new Error('killed');
      if (this.down !== null && url.startsWith(this.down))
        throw new CleanroomError('SERVICE_UNREACHABLE', 'down');
    };
    return {
      read: (blob) =>
        attempt(() => {
          step(blob.url);
          const bytes = this.blobs.get(blob.url);
          return bytes === undefined ? null : { bytes, etag: '"1"', length: bytes.length };
        }),
      create: (blob, bytes) =>
        attempt(() => {
          step(blob.url);
          if (this.blobs.has(blob.url)) return 'of-somebody-else' as const;
          this.blobs.set(blob.url, bytes);
          return 'as-given' as const;
        }),
    };
  }
}

function attempt<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error('thrown'));
  }
}

function access(storage: Storage, inputs = 'one', maxResults = 3, diesAt = Infinity): BudgetAccess {
  return {
    client: storage.client(diesAt),
    accounts: [FABRIKAM, TAILSPIN].map((url) => ({ url, sas: 'sig=x' })),
    key: deriveBudgetKey(CONTRACT, utf8(`keys of ${inputs}`)),
    contract: CONTRACT,
    inputs: sha256Hex(inputs),
    maxResults,
  };
}

function taken(storage: Storage): readonly string[] {
  return [...storage.blobs.keys()].map((url) => url.replace(/^.*\/notes\./, '')).sort();
}

describe('places of the budget', () => {
  it('I14: are taken in every account before anything else, and taken up again by the same inputs', async () => {
    const storage = new Storage();
    const first = await claimPlace(access(storage));
    assert.deepEqual(first, { place: 1, closed: null });
    assert.deepEqual(taken(storage), ['budget.1', 'budget.1']);
    assert.deepEqual(await claimPlace(access(storage)), first);
    assert.deepEqual((await claimPlace(access(storage, 'two'))).place, 2);
  });

  it('I14: are as many as the contract says, and no more', async () => {
    const storage = new Storage();
    for (const inputs of ['one', 'two', 'three']) await claimPlace(access(storage, inputs));
    await assert.rejects(claimPlace(access(storage, 'four')), { code: 'BUDGET_SPENT' });
    assert.equal((await claimPlace(access(storage, 'two'))).place, 2);
  });

  it('I14: stay closed with what they were closed with', async () => {
    const storage = new Storage();
    await claimPlace(access(storage));
    assert.deepEqual(await closePlace(access(storage), 1, OUTPUT), { output: OUTPUT });
    assert.deepEqual(await claimPlace(access(storage)), { place: 1, closed: { output: OUTPUT } });
    assert.deepEqual(await closePlace(access(storage), 1, null), { output: OUTPUT });
  });

  it('I14: whose entry an owner removed are filled again, and never given anew', async () => {
    const storage = new Storage();
    for (const inputs of ['one', 'two']) await claimPlace(access(storage, inputs));
    storage.blobs.delete(`${FABRIKAM}.budget.1`);
    assert.equal((await claimPlace(access(storage, 'three'))).place, 3);
    assert.ok(storage.blobs.has(`${FABRIKAM}.budget.1`));
    for (const url of [FABRIKAM, TAILSPIN]) storage.blobs.delete(`${url}.budget.2`);
    await assert.rejects(claimPlace(access(storage, 'two')), { code: 'BUDGET_SPENT' });
    assert.ok(storage.blobs.has(`${TAILSPIN}.budget.2`));
  });

  it('I14: that the greatest of any account counts, so an emptied account gives none back', async () => {
    const storage = new Storage();
    for (const inputs of ['one', 'two', 'three']) await claimPlace(access(storage, inputs));
    for (const url of storage.blobs.keys()) if (url.startsWith(FABRIKAM)) storage.blobs.delete(url);
    await assert.rejects(claimPlace(access(storage, 'four')), { code: 'BUDGET_SPENT' });
  });

  it('I14: after one whose output was another are the next ones, never that one again', async () => {
    const storage = new Storage();
    await claimPlace(access(storage));
    await closePlace(access(storage), 1, OUTPUT);
    assert.deepEqual(await claimPlace(access(storage), 1), { place: 2, closed: null });
  });

  it('O7: are not taken in storage that says it has created what it does not have', async () => {
    const storage = new Storage();
    const { client, ...rest } = access(storage);
    const forgetful = { ...client, create: () => Promise.resolve('as-given' as const) };
    await assert.rejects(claimPlace({ ...rest, client: forgetful }), { code: 'BLOB_REFUSED' });
  });

  it('I14: that hold more than an entry can be are used up', async () => {
    const storage = new Storage();
    const { client, ...rest } = access(storage);
    const large: BudgetAccess['client'] = {
      ...client,
      read: (blob, ...more) =>
        blob.url === `${TAILSPIN}.budget.1`
          ? Promise.reject(new CleanroomError('BLOB_TOO_LARGE', 'larger than an entry'))
          : client.read(blob, ...more),
    };
    storage.blobs.set(`${TAILSPIN}.budget.1`, new Uint8Array(1));
    assert.equal((await claimPlace({ ...rest, client: large })).place, 2);
  });

  const forged: readonly (readonly [string, Uint8Array])[] = [
    ['nothing', new Uint8Array(0)],
    ['text', utf8('{}')],
    ['an entry under another key', encodeEntry(new Uint8Array(32), placeOf('one', 1))],
    [
      'an entry of another place',
      encodeEntry(deriveBudgetKey(CONTRACT, utf8('keys of one')), placeOf('one', 2)),
    ],
  ];
  for (const [what, bytes] of forged) {
    it(`I14: that hold ${what} are used up, and serve nobody`, async () => {
      const storage = new Storage();
      storage.blobs.set(`${TAILSPIN}.budget.1`, bytes);
      assert.deepEqual(await claimPlace(access(storage)), { place: 2, closed: null });
    });
  }

  it('I14: with a closing by nobody who has the keys serve nobody', async () => {
    const storage = new Storage();
    await claimPlace(access(storage));
    storage.blobs.set(
      `${TAILSPIN}.budget.1.closed`,
      encodeClosing(new Uint8Array(32), placeOf('one', 1), OUTPUT),
    );
    assert.equal(await closePlace(access(storage), 1, OUTPUT), null);
    assert.equal((await claimPlace(access(storage))).place, 2);
  });

  it('O7: of two rooms that cross in two accounts are two places, or one of both', async () => {
    for (const [one, two] of [
      ['one', 'two'],
      ['one', 'one'],
    ] as const) {
      const storage = new Storage();
      const claims = await Promise.all([claimPlace(access(storage, one)), claimPlace(access(storage, two))]);
      const places = claims.map(({ place }) => place).sort();
      assert.deepEqual(places, one === two ? [1, 1] : [1, 2]);
    }
  });

  it('O7: are not taken while an owner’s account is down', async () => {
    const storage = new Storage();
    storage.down = TAILSPIN;
    await assert.rejects(claimPlace(access(storage)), { code: 'SERVICE_UNREACHABLE' });
    storage.down = null;
    assert.equal((await claimPlace(access(storage))).place, 1);
  });

  it('O7: a room killed between any two steps has counted once, and the next goes on from there', async () => {
    for (let diesAt = 1; diesAt < 60; diesAt++) {
      const storage = new Storage();
      const dying = access(storage, 'one', 1, diesAt);
      const run = async (room: BudgetAccess): Promise<{ readonly output: Sha256Hex | null } | null> => {
        const { place, closed }: ClaimedPlace = await claimPlace(room);
        return closed ?? closePlace(room, place, OUTPUT);
      };
      await run(dying).catch(() => undefined);
      assert.deepEqual(await run(access(storage, 'one', 1)), { output: OUTPUT }, String(diesAt));
      await assert.rejects(claimPlace(access(storage, 'two', 1)), { code: 'BUDGET_SPENT' });
    }
  });

  it('I14: never give more than the contract says, whatever is created in them by whoever holds the SAS', async () => {
    const junk = fc.array(
      fc.record({
        account: fc.constantFrom(FABRIKAM, TAILSPIN),
        place: fc.integer({ min: 1, max: 5 }),
        closed: fc.boolean(),
        bytes: fc.uint8Array({ maxLength: 8 }),
      }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(junk, junk, async (before, between) => {
        const storage = new Storage();
        const spoil = (list: typeof before): void => {
          for (const { account, place, closed, bytes } of list) {
            const url = `${account}.budget.${place}${closed ? '.closed' : ''}`;
            if (!storage.blobs.has(url)) storage.blobs.set(url, bytes);
          }
        };
        spoil(before);
        let given = 0;
        for (const inputs of ['one', 'two', 'three', 'four']) {
          try {
            const { place } = await claimPlace(access(storage, inputs, 2));
            spoil(between);
            if ((await closePlace(access(storage, inputs, 2), place, OUTPUT)) !== null) given++;
          } catch (error) {
            assert.ok(error instanceof CleanroomError && error.code === 'BUDGET_SPENT');
          }
        }
        assert.ok(given <= 2, String(given));
      }),
    );
  });
});

function placeOf(
  inputs: string,
  place: number,
): { readonly contract: Sha256Hex; readonly place: number; readonly inputs: Sha256Hex } {
  return { contract: CONTRACT, place, inputs: sha256Hex(inputs) };
}
