// Rooms with real models: baked into the image, and sealed by a model owner.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseReceipt } from '../../../src/lib/evidence/receipt.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { keyThumbprint } from '../../../src/lib/keys/key-thumbprint.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { digestOfFiles, modelDigest } from '../../../src/lib/summarizer/model-digest.js';
import { parseResult, type ResultDocument } from '../../../src/lib/summarizer/result-document.js';
import { openResult } from '../../../src/lib/summarizer/sealed-result.js';
import { requireTemporarySpace } from '../../../src/lib/room/model.js';
import { createSummarizer } from '../../../src/lib/summarizer/summarizer.js';
import {
  FERRY_TEXT,
  lenient,
  ORCHARD_TEXT,
  withModel,
  withSealedModel,
  withSecondOwner,
} from '../../support/room/contracts.js';
import { exampleContract } from '../../support/contract.js';
import { countCharacters } from '../../../src/lib/contract/limits/summary-text.js';
import { causeFor } from '../../support/room/causes.js';
import { createWorld, type World } from '../../support/room/world.js';

const SOFTWARE_TEXT =
  'This library reads and writes tar archives as streams. It parses headers, extracts the entries one by one and packs new archives without keeping them in memory. It supports long names and extended headers.';

async function openStored(world: World): Promise<ResultDocument> {
  const { resultKey } = world.parties.get('contoso')!;
  const sealed = utf8((await world.storage.text('/results/quarterly-notes.result.json')) ?? '');
  return parseResult(await openResult(sealed, resultKey.export({ format: 'jwk' })));
}

async function receiptOf(
  world: World,
  name: 'receipt' | 'refusal',
): Promise<ReturnType<typeof parseReceipt>['receipt']> {
  return parseReceipt((await world.storage.text(`/results/quarterly-notes.${name}.jws`)) ?? '').receipt;
}

const NO_DIGEST = `sha256:${'0'.repeat(64)}`;

function filesOf(directory: string): Record<string, Uint8Array> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(directory.length + 1), readFileSync(path)]));
}

describe('a room with a model', function () {
  this.timeout(60_000);
  let world: World;
  afterEach(() => world.close());

  it('summarizes with the model that the contract names, exactly as outside the room', async () => {
    const digest = await modelDigest('models/t5-demo');
    world = await createWorld((contract) => withModel(lenient(contract), { family: 't5', digest }));
    await world.encrypt('notes', SOFTWARE_TEXT);
    const { state, code } = await world.run();
    assert.deepEqual({ state, code }, { state: 'done', code: null });
    const summarizer = await createSummarizer({ modelDirectory: 'models/t5-demo' });
    const outside = await summarizer.summarize([{ name: 'notes', text: SOFTWARE_TEXT }], { maxTokens: 40 });
    await summarizer.close();
    const { method, summary } = await openStored(world);
    assert.deepEqual({ method, text: summary.text }, { method: 't5', text: outside.summary });
    assert.deepEqual((await receiptOf(world, 'receipt')).model, { digest });
  });

  it('says by number which document each sentence comes from, where the contract has attribution', async () => {
    world = await createWorld((contract) => {
      const agreed = withSecondOwner(lenient(contract));
      return { ...agreed, summary: { ...agreed.summary, attribution: true } };
    });
    await world.encrypt('notes', 'The ferry sails at nine from the harbour of Contoso. It returns at ten.');
    await world.encrypt(
      'plans',
      'A tool measures how long commands run. It repeats them and prints the median.',
    );
    assert.equal((await world.run()).code, null);
    const { summary } = await openStored(world);
    assert.match(summary.text, /(ferry|returns).* \[1\]/);
    assert.match(summary.text, /(tool|repeats).* \[2\]/);
  });

  const FAILED_AT =
    'Ada Berg, card 4111 1111 1111 1111, PIN 4821; Ben Carl, card 5500 0000 0000 0004, PIN 9034. '.repeat(3);

  it('gives sentences of the text, and says so to the recipient, where its model fails and the contract allows it', async () => {
    const digest = await modelDigest('models/t5-demo');
    world = await createWorld((contract) => {
      const agreed = withModel(lenient(contract), { family: 't5', digest });
      return {
        ...agreed,
        model: { ...agreed.model, method: 'model-or-extractive' } as typeof agreed.model,
        summary: { ...agreed.summary, extractiveLimits: lenient(exampleContract()).summary.extractiveLimits },
      };
    });
    await world.encrypt('notes', FAILED_AT);
    assert.equal((await world.run()).code, null);
    const { method, summary } = await openStored(world);
    assert.equal(method, 'extractive');
    assert.ok(FAILED_AT.includes(summary.text), summary.text);
  });

  it('gives nothing where its model fails and the contract names the model alone', async () => {
    const digest = await modelDigest('models/t5-demo');
    world = await createWorld((contract) => withModel(lenient(contract), { family: 't5', digest }));
    await world.encrypt('notes', FAILED_AT);
    assert.equal((await world.run()).code, 'NO_RESULT');
    assert.equal((await causeFor(world)).code, 'MODEL_OUTPUT_REJECTED');
    assert.equal(await world.storage.text('/results/quarterly-notes.result.json'), null);
  });

  it('I7: refuses an image whose model is another than the contract names', async () => {
    const digest = NO_DIGEST;
    world = await createWorld((contract) => withModel(lenient(contract), { family: 't5', digest }));
    await world.encrypt('notes', SOFTWARE_TEXT);
    assert.equal((await world.run()).code, 'NO_RESULT');
    assert.equal((await causeFor(world)).code, 'MODEL_DIGEST_MISMATCH');
  });

  it('refuses too little memory for its model before a place in the budget is taken or a text is opened, and says how much', async () => {
    const digest = await modelDigest('models/t5-demo');
    world = await createWorld((contract) => withModel(lenient(contract), { family: 't5', digest }));
    await world.encrypt('notes', SOFTWARE_TEXT);
    const { state, code } = await world.run({ availableMemory: 1_000_000 });
    assert.deepEqual({ state, code }, { state: 'refused', code: 'MODEL_TOO_LARGE' });
    assert.equal((await receiptOf(world, 'refusal')).outcome, 'refused');
    const said = world.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(said.find(({ event }) => event === 'memory')?.['availableMiB'], 1);
    assert.equal(await world.storage.text('/cleanroom-budget/quarterly-notes.budget.1'), null);
    assert.equal((await world.run()).code, null);
    assert.notEqual(await world.storage.text('/cleanroom-budget/quarterly-notes.budget.1'), null);
  });

  it('refuses a place for temporary files that cannot be written, before a text is opened, where it has to unpack a model', async () => {
    world = await createWorld((contract) => withSealedModel(lenient(contract), NO_DIGEST));
    await world.encrypt('notes', FERRY_TEXT);
    await world.encrypt('weights', { 'config.json': '{"model_type":"gpt2"}' });
    const { state, code } = await world.run({ temporaryDirectory: '/proc/no/such/place' });
    assert.deepEqual({ state, code }, { state: 'refused', code: 'ROOM_TMP_UNUSABLE' });
    assert.equal(await world.storage.text('/cleanroom-budget/quarterly-notes.budget.1'), null);
  });

  it('refuses a place for temporary files with too little left for a sealed model', async () => {
    await requireTemporarySpace(1);
    await assert.rejects(requireTemporarySpace(2 ** 60), { code: 'ROOM_TMP_UNUSABLE' });
  });

  it('opens a model that its owner sealed, for two data owners, and leaves none of it on disk', async () => {
    const bart = await modelDigest('models/bart-demo');
    world = await createWorld((contract) =>
      withSealedModel(withSecondOwner(lenient(contract)), bart, 'bart'),
    );
    await world.encrypt('notes', SOFTWARE_TEXT);
    await world.encrypt(
      'plans',
      'A tool that measures how long commands run. It repeats them and prints the median.',
    );
    await world.encrypt('weights', filesOf('models/bart-demo'));
    const { state, code } = await world.run();
    assert.deepEqual({ state, code }, { state: 'done', code: null });
    const { inputs, model } = await receiptOf(world, 'receipt');
    assert.deepEqual(model, { digest: bart });
    assert.deepEqual(
      inputs.map(({ dataset, owner }) => `${dataset} ${owner}`),
      ['notes fabrikam', 'plans tailspin', 'weights wingtip'],
    );
    for (const { key, jkt } of inputs) {
      const released = world.sidecar.keys.get(key.replace('https://', '').replace('/keys/', '/'));
      assert.ok(released !== undefined && typeof released !== 'string', key);
      assert.equal(jkt, keyThumbprint(released));
    }
    assert.equal((await readdir(tmpdir())).filter((name) => name.startsWith('cleanroom-model-')).length, 0);
  });

  it('N1: gives no result while the model owner refuses its key', async () => {
    world = await createWorld((contract) => withSealedModel(lenient(contract), NO_DIGEST));
    await world.encrypt('notes', FERRY_TEXT);
    await world.encrypt('weights', filesOf('models/bart-demo'));
    for (const name of world.sidecar.keys.keys())
      if (name.startsWith('wingtip')) world.sidecar.keys.set(name, 'the key is disabled: KeyDisabled');
    assert.equal((await world.run()).code, 'KEY_DISABLED');
  });

  it('ends in a clear state for a sealed model that is incomplete', async () => {
    const config = '{"model_type":"gpt2"}';
    const file = { path: 'config.json', bytes: config.length, digest: sha256Hex(config) };
    world = await createWorld((contract) => withSealedModel(lenient(contract), digestOfFiles([file])));
    await world.encrypt('notes', FERRY_TEXT);
    await world.encrypt('weights', { 'config.json': config });
    assert.equal((await world.run()).code, 'NO_RESULT');
    assert.equal((await causeFor(world, 'wingtip')).code, 'MODEL_INVALID');
  });

  it('summarizes each of many documents and all of them, inside the limits together', async () => {
    world = await createWorld((contract) => lenient(contract, { maxCharacters: 600, minDocuments: 2 }));
    await world.encrypt('notes', { 'ferry.txt': FERRY_TEXT, 'orchard.txt': ORCHARD_TEXT });
    assert.equal((await world.run()).state, 'done');
    const { summary, documents } = await openStored(world);
    assert.equal(documents.length, 2);
    const characters = [summary, ...documents].reduce((sum, { text }) => sum + countCharacters(text), 0);
    assert.ok(characters <= 600, String(characters));
  });
});
