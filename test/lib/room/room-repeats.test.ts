// One set of inputs, run again: what a room does whose model does not say the same twice.

import assert from 'node:assert/strict';

import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { parseReceipt } from '../../../src/lib/evidence/receipt.js';
import { parseResult } from '../../../src/lib/summarizer/result-document.js';
import { openResult } from '../../../src/lib/summarizer/sealed-result.js';
import { causeFor } from '../../support/room/causes.js';
import { FERRY_TEXT, lenient } from '../../support/room/contracts.js';
import { createWorld, type World } from '../../support/room/world.js';

const RESULT = '/results/quarterly-notes.result.json';
const ENTRIES = '/cleanroom-budget/quarterly-notes.budget.';

/* In the place of the thread that summarizes: it says this, whatever the texts are. */
function saying(summary: string): { readonly summaryWorker: URL } {
  const checks = [{ id: 'SUMMARY_CHARACTERS', status: 'pass', expected: '<= 260', actual: '1' }];
  const made = { method: 'extractive', summary, documents: [], checks, within: true, ofOwners: {} };
  const program = `import { parentPort } from 'node:worker_threads'; parentPort.postMessage(${JSON.stringify({ made })});`;
  return { summaryWorker: new URL(`data:text/javascript,${encodeURIComponent(program)}`) };
}

describe('a room whose model does not say the same twice', () => {
  let world: World;
  afterEach(() => world.close());

  async function createWith(maxResults: number): Promise<void> {
    world = await createWorld((contract) => lenient(contract, { maxResults }));
    await world.encrypt('notes', FERRY_TEXT);
  }

  async function storedText(): Promise<string> {
    const { resultKey } = world.parties.get('contoso')!;
    const sealed = utf8((await world.storage.text(RESULT)) ?? '');
    return parseResult(await openResult(sealed, resultKey.export({ format: 'jwk' }))).summary.text;
  }

  const placesTaken = async (): Promise<number> =>
    (await world.storage.paths()).filter((path) => path.startsWith(ENTRIES) && !path.endsWith('.closed'))
      .length;

  it('I24: gives the first of its results and no other where the contract allows one', async () => {
    await createWith(1);
    assert.equal((await world.run(saying('One thing.'))).state, 'done');
    for (const other of ['Another thing.', 'A third one.', 'One thing'])
      assert.deepEqual(await endOf(saying(other)), ['refused', 'NO_RESULT']);
    assert.equal((await causeFor(world)).code, 'BUDGET_SPENT');
    assert.deepEqual([await storedText(), await placesTaken()], ['One thing.', 1]);
  });

  it('I24: counts another result of the same inputs as one more, and the same again as none', async () => {
    await createWith(2);
    await world.run(saying('One thing.'));
    const { room } = await world.run(saying('Another thing.'));
    const { text } = await world.get(room, '/receipt');
    assert.deepEqual(parseReceipt(text).receipt.budget, { used: 2, of: 2 });
    assert.equal(await storedText(), 'Another thing.');
    assert.equal((await world.run(saying('One thing.'))).state, 'done');
    assert.deepEqual([await storedText(), await placesTaken()], ['One thing.', 2]);
    assert.deepEqual(await endOf(saying('A third one.')), ['refused', 'NO_RESULT']);
    assert.deepEqual([await storedText(), await placesTaken()], ['One thing.', 2]);
  });

  it('gives no result that is longer than the contract’s length, whatever the thread says that it measured', async () => {
    await createWith(1);
    assert.deepEqual(await endOf(saying('x'.repeat(9000))), ['refused', 'NO_RESULT']);
    assert.equal((await causeFor(world)).code, 'INTERNAL');
  });

  it('I24: gives nothing of inputs whose place was closed with nothing, and takes no other place for them', async () => {
    await createWith(3);
    for (const text of ['x'.repeat(9000), 'One thing.', 'x'.repeat(9000)])
      assert.deepEqual(await endOf(saying(text)), ['refused', 'NO_RESULT']);
    assert.deepEqual([await world.storage.text(RESULT), await placesTaken()], [null, 1]);
  });

  async function endOf(options: ReturnType<typeof saying>): Promise<readonly (string | null)[]> {
    const { state, code } = await world.run(options);
    return [state, code];
  }
});
