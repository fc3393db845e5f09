// Keys that a room derives from released ones, and what is left of those.

import assert from 'node:assert/strict';
import { type KeyObject } from 'node:crypto';

import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { deriveRunKeys } from '../../../src/lib/room/run-keys.js';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { FERRY_TEXT, lenient } from '../../support/room/contracts.js';
import { createWorld } from '../../support/room/world.js';

const CONTRACT = sha256Hex('a contract');
const INPUTS = sha256Hex('its inputs');
const released = (): Uint8Array[] => [utf8('the first key'), utf8('the second key')];

describe('the keys of a run', () => {
  it('are derived before anything of the released ones is left: their bytes are zeros', () => {
    const keys = released();
    const { budgetKey, partsKey, salt } = deriveRunKeys({ contract: CONTRACT, inputs: INPUTS }, keys);
    for (const bytes of keys) assert.ok(bytes.every((byte) => byte === 0));
    for (const key of [budgetKey, partsKey]) {
      assert.equal(key.length, 32);
      assert.ok(key.some((byte) => byte !== 0));
    }
    assert.notDeepEqual(budgetKey, partsKey);
    assert.match(salt, /^[A-Za-z0-9_-]{22}$/);
  });

  it('N2: are the same for the same released keys, and others where one of them, the contract or the inputs are others', () => {
    const ofFirst = deriveRunKeys({ contract: CONTRACT, inputs: INPUTS }, released());
    assert.deepEqual(deriveRunKeys({ contract: CONTRACT, inputs: INPUTS }, released()), ofFirst);
    const other = sha256Hex('another');
    const differing = [
      deriveRunKeys({ contract: other, inputs: INPUTS }, released()),
      deriveRunKeys({ contract: CONTRACT, inputs: INPUTS }, released().slice(0, 1)),
      deriveRunKeys({ contract: CONTRACT, inputs: INPUTS }, released().reverse()),
    ];
    for (const { budgetKey, partsKey } of differing) {
      assert.notDeepEqual(budgetKey, ofFirst.budgetKey);
      assert.notDeepEqual(partsKey, ofFirst.partsKey);
    }
    assert.notEqual(deriveRunKeys({ contract: CONTRACT, inputs: other }, released()).salt, ofFirst.salt);
  });

  it('leave zeros where released keys were before a room takes a place in the budget, reads a text or stores anything', async () => {
    const world = await createWorld((contract) => lenient(contract));
    const exported: Buffer[] = [];
    const restore = watchExports((bytes) => exported.push(bytes));
    const wipedAt: string[] = [];
    try {
      await world.encrypt('notes', FERRY_TEXT);
      exported.length = 0;
      world.storage.intercept = ({ method, path }) => {
        if (exported.length > 0 && exported.every((bytes) => bytes.every((byte) => byte === 0)))
          wipedAt.push(`${method} ${path}`);
        return null;
      };
      assert.equal((await world.run()).state, 'done');
    } finally {
      restore();
      await world.close();
    }
    const { seen } = world.storage;
    const first = seen.findIndex((request) => request.includes('.budget.1'));
    assert.ok(first !== -1 && exported.length > 0);
    assert.deepEqual(wipedAt, seen.slice(first));
  });
});

/* Every PKCS#8 that a private key gives out, in the very buffer that it is given out in. */
function watchExports(saw: (bytes: Buffer) => void): () => void {
  const { privateKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
  const prototype = Object.getPrototypeOf(privateKey) as { export: KeyObject['export'] };
  const original = prototype.export;
  prototype.export = function (this: KeyObject, ...args: unknown[]) {
    const value: unknown = Reflect.apply(original, this, args);
    if (Buffer.isBuffer(value)) saw(value);
    return value;
  } as KeyObject['export'];
  return () => {
    prototype.export = original;
  };
}
