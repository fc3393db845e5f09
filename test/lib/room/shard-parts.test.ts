// What a shard reads and stores: the segments of its documents, and parts that say of which text they are.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { concatBytes, equalBytes, utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { CleanroomError } from '../../../src/lib/base/errors.js';
import type { Contract } from '../../../src/lib/contract/schema.js';
import { type BlobClient, createBlobClient } from '../../../src/lib/room/blob-client.js';
import { openDatasetRanges } from '../../../src/lib/room/dataset-ranges.js';
import type { UnlockedDataset } from '../../../src/lib/room/dataset.js';
import {
  derivePartsKey,
  type MadePart,
  openPart,
  sealPart,
  type SummaryPart,
} from '../../../src/lib/room/shards/part.js';
import { type PackedParts, PartSet } from '../../../src/lib/room/shards/part-set.js';
import {
  addOtherParts,
  type PartStore,
  readParts,
  storeParts,
} from '../../../src/lib/room/shards/part-store.js';
import { isOwn } from '../../../src/lib/room/shards/shard.js';
import {
  inReads,
  placeShardOf,
  readPlaces,
  type ShardDocument,
} from '../../../src/lib/room/shards/shard-documents.js';
import { type MergeTask, runMergeTask } from '../../../src/lib/room/shards/merge-task.js';
import { runEachTask } from '../../../src/lib/room/shards/shard-task.js';
import { encodeManifest } from '../../../src/lib/sealed-blob/engine/documents.js';
import { sealStream } from '../../../src/lib/sealed-blob/engine/seal.js';
import { DOCUMENTS_MEDIA_TYPE } from '../../../src/lib/sealed-blob/format/header.js';
import type { AppraisedSummary } from '../../../src/lib/room/summary-task.js';
import { exampleContract } from '../../support/contract.js';
import { FERRY_TEXT, lenient, ORCHARD_TEXT } from '../../support/room/contracts.js';
import { type RoomStorage, startRoomStorage } from '../../support/room/storage.js';
import { worldAuthority } from '../../support/room/world.js';
import { chunksOf, collect, ecParty } from '../../support/sealed.js';

const NOTHING = new AbortController().signal;

function packed(each: readonly MadePart[]): PackedParts {
  const parts = new PartSet(each.length);
  for (const [place, part] of each.entries()) parts.set(place, part);
  return parts.pack().packed;
}

describe('a shard', () => {
  describe('reads of a dataset', function () {
    this.timeout(30_000);
    const party = ecParty();
    const lines = (n: number): string => `Line of document ${n}.\n`.repeat(70_000);

    /* Six documents of a megabyte and a half, in a blob that storage says to be `longer` bytes longer than its owner did. */
    async function readOf(
      index: number,
      longer = 0,
    ): Promise<{ count: number; own: readonly ShardDocument[]; bytes: number; whole: number }> {
      const parts = [0, 1, 2, 3, 4, 5].map((n) => utf8(lines(n)));
      const front = encodeManifest(parts.map((part, n) => ({ name: `${n}.txt`, bytes: part.length })));
      const { header, payload } = sealStream(chunksOf(concatBytes(front, ...parts)), {
        recipients: [party.recipient],
        protected: { cty: DOCUMENTS_MEDIA_TYPE },
      });
      const sealed = concatBytes(header.raw, await collect(payload));
      let bytes = 0;
      const client = {
        readRange: (_: unknown, __: unknown, start: number, end: number) => {
          bytes += end - start;
          return Promise.resolve(sealed.slice(start, end));
        },
      } as unknown as BlobClient;
      const unlocked = {
        dataset: { id: 'notes' },
        key: party.identity,
        sealed: {
          header,
          version: { etag: '"1"', length: sealed.length + longer },
          statement: { payload: { bytes: sealed.length - header.raw.length } },
        },
      } as unknown as UnlockedDataset;
      const blob = await openDatasetRanges({ client }, unlocked);
      const found = await placeShardOf(blob, 0, (place) => isOwn({ index, count: 6 }, place));
      const own: ShardDocument[] = [];
      for (const places of inReads(found.own)) own.push(...(await readPlaces('notes', blob, places)));
      blob.close();
      return { count: found.count, own, bytes, whole: sealed.length };
    }

    it('its own documents, and little else', async () => {
      for (const index of [0, 3, 5]) {
        const { count, own, bytes, whole } = await readOf(index);
        assert.equal(count, 6);
        assert.deepEqual(
          own.map(({ place, bytes: read }) => [place, equalBytes(read, utf8(lines(index)))]),
          [[index, true]],
        );
        assert.ok(bytes < whole / 2, `${bytes} of ${whole} bytes`);
      }
    });

    it('nothing, where storage holds a blob of another length than its owner sealed', async () => {
      for (const longer of [-16, 1, 2 ** 20])
        await assert.rejects(readOf(0, longer), { code: 'DATASET_REFUSED' });
    });
  });

  describe('stores parts', () => {
    const part = (n: number): MadePart => ({
      of: sha256Hex(String(n)),
      characters: 10 + n,
      words: sha256Hex(`words of ${n}`),
      summary: `Summary ${n}.`,
      tokens: 2,
      method: 'extractive',
      modelFailure: null,
    });
    const parts = ({ total }: PartStore, places: readonly number[]): PartSet => {
      const set = new PartSet(total);
      for (const place of places) set.set(place, part(place));
      return set;
    };
    const places = (set: PartSet) => [...Array(set.total).keys()].filter((place) => set.has(place));

    let storage: RoomStorage;
    let client: BlobClient;
    before(async () => {
      const { root, leaf } = await worldAuthority();
      storage = await startRoomStorage({ key: leaf.privateKeyPem, cert: leaf.certificatePem });
      await storage.createContainer('results');
      client = createBlobClient({ tlsRoots: root.certificatePem });
    });
    afterEach(async () => storage.remove(await storage.paths()));
    after(async () => {
      client.close();
      await storage.close();
    });

    function storeOf(total: number, count: number, maxTextBytes: number): PartStore {
      const blob = { account: storage.url, container: 'results', name: 'notes' };
      const sas = storage.sas({ blob, scope: 'container', permissions: 'rcw' });
      const base = { url: `${storage.url}/results/notes.part.0`, sas };
      return { client, base, key: randomBytes(32), maxTextBytes, total, count };
    }

    const lengths = async (): Promise<readonly number[]> => {
      const found: number[] = [];
      for (const path of await storage.paths()) found.push((await storage.bytes(path)).length);
      return found;
    };

    it('in blobs of one length and of a megabyte at most, from which every other room has them', async () => {
      const store = storeOf(23, 3, 300_000);
      const own = (index: number) => [...Array(23).keys()].filter((place) => place % 3 === index);
      for (const index of [2, 0]) await storeParts(store, index, parts(store, own(index)));
      assert.equal(await addOtherParts(store, 0, await readParts(store, 0)), false);
      await storeParts(store, 1, parts(store, own(1)));
      assert.equal(new Set(await lengths()).size, 1);
      assert.equal((await lengths()).length, 12);
      assert.ok((await lengths()).every((length) => length <= 2 ** 20));
      const all = await readParts(store, 1);
      assert.equal(await addOtherParts(store, 1, all), true);
      for (let place = 0; place < 23; place++) assert.deepEqual(all.get(place), part(place));
    });

    it('one blob after the other: memory that is on its way is not written to', async () => {
      const store = storeOf(12, 3, 300_000);
      let onTheWay = 0;
      const create: PartStore['client']['create'] = async (blob, bytes) => {
        const given = sha256Hex(bytes);
        assert.equal(++onTheWay, 1);
        const created = await store.client.create(blob, bytes);
        assert.equal(sha256Hex(bytes), given);
        onTheWay--;
        return created;
      };
      const client: PartStore['client'] = {
        find: (blob) => store.client.find(blob),
        readRange: (...range) => store.client.readRange(...range),
        write: (...given) => store.client.write(...given),
        create,
      };
      await storeParts({ ...store, client }, 0, parts(store, [0, 3, 6, 9]));
      assert.equal((await lengths()).length, 2);
      assert.deepEqual(places(await readParts(store, 0)), [0, 3, 6, 9]);
    });

    it('for as many shards as there are, also where some have no document', async () => {
      const store = storeOf(2, 5, 100);
      for (const index of [0, 1, 2, 3, 4])
        await storeParts(store, index, parts(store, index < 2 ? [index] : []));
      assert.equal((await lengths()).length, 2);
      const others = new PartSet(2);
      assert.equal(await addOtherParts(store, 4, others), true);
      assert.deepEqual(places(others), [0, 1]);
      assert.equal(await addOtherParts(store, 0, new PartSet(2)), false);
      assert.equal(await addOtherParts({ ...store, count: 1 }, 0, new PartSet(2)), false);
      assert.equal((await readParts(store, 4)).size, 0);
      assert.equal(await addOtherParts({ ...store, total: 0 }, 0, new PartSet(0)), true);
    });

    it('I29: that open in their own place, of their own contract, inputs and keys, and nowhere else', () => {
      const run = { contract: sha256Hex('contract'), inputs: sha256Hex('inputs') };
      const released = randomBytes(64);
      const key = derivePartsKey(run, released);
      const sealed = sealPart(key, 3, part(3), 100);
      assert.deepEqual(openPart(derivePartsKey(run, released), 3, sealed), part(3));
      assert.equal(openPart(key, 4, sealed), null);
      for (const other of [
        derivePartsKey({ ...run, contract: sha256Hex('another') }, released),
        derivePartsKey({ ...run, inputs: sha256Hex('others') }, released),
        derivePartsKey(run, released.subarray(1)),
      ])
        assert.equal(openPart(other, 3, sealed), null);
    });

    it('again where one of them does not open, and never over those that do', async () => {
      const store = storeOf(4, 2, 100);
      await storeParts(store, 0, parts(store, [0, 2]));
      const path = (await storage.paths())[0]!;
      const bytes = await storage.bytes(path);
      await storeParts(store, 0, parts(store, [0, 2]));
      assert.deepEqual(await storage.bytes(path), bytes);
      await storage.put(path, concatBytes(bytes, new Uint8Array(1)));
      assert.equal((await readParts(store, 0)).size, 0);
      await storage.put(
        path,
        bytes.map((byte, at) => (at === 20 ? byte ^ 1 : byte)),
      );
      assert.deepEqual(places(await readParts(store, 0)), [2]);
      await storeParts(store, 0, parts(store, [0, 2]));
      assert.deepEqual(places(await readParts(store, 0)), [0, 2]);
    });
  });

  it('II5: has its parts merged with the texts that they were made of, and with no other', async () => {
    const limits = { maxCharacters: 2000, maxShareOfSource: 1, maxCopiedWords: 400 };
    const contract = lenient(exampleContract(), limits);
    const documents = [FERRY_TEXT, ORCHARD_TEXT].map((text, n) => ({
      dataset: 'notes',
      title: `${n}`,
      text,
    }));
    const task = { contract, model: null };
    const tools = (
      texts: typeof documents,
      tell: (parts: readonly MadePart[]) => void = () => undefined,
    ) => ({
      signal: NOTHING,
      documents: async function* () {
        for (const text of texts) yield await Promise.resolve([text]);
      },
      tell,
    });
    const each: MadePart[] = [];
    await runEachTask(
      { ...task, total: 2 },
      tools(documents, (made) => each.push(...made)),
    );
    const datasets = [{ id: 'notes', documents: 2 }];
    const merge = (texts: typeof documents, changes: Partial<MergeTask> = {}) =>
      runMergeTask({ ...task, parts: packed(each), datasets, ...changes }, tools(texts));
    assert.equal((await merge(documents)).within, true);
    for (const wrong of [
      documents.toReversed(),
      [documents[0]!, { ...documents[1]!, text: `${ORCHARD_TEXT} ` }],
      [documents[0]!, { ...documents[1]!, dataset: 'plans' }],
      documents.slice(1),
      documents.slice(0, 1),
      [...documents, documents[0]!],
    ])
      await assert.rejects(merge(wrong), { code: 'DATASET_REFUSED' });
  });

  it('I35: reads the texts as often, and to their end, whatever is in them and however the merge ends', async () => {
    const documents = [FERRY_TEXT, ORCHARD_TEXT].map((text, n) => ({
      dataset: 'notes',
      title: `${n}`,
      text,
    }));
    const limits = { maxCharacters: 2000, maxShareOfSource: 1, maxCopiedWords: 400 };
    const sentences = lenient(exampleContract(), limits);
    const contract = {
      ...sentences,
      model: { ...sentences.model, method: 'model-or-extractive' },
    } as Contract;
    const each: MadePart[] = [];
    let reads = 0;
    const tools = {
      signal: NOTHING,
      documents: async function* () {
        for (const text of documents) yield await Promise.resolve([text]);
        reads++;
      },
      tell: (made: readonly MadePart[]) => each.push(...made),
    };
    await runEachTask({ contract, model: null, total: 2 }, tools);
    const byModel: MadePart = { ...(each[0] as SummaryPart), method: 't5', summary: 'What a model wrote.' };
    const merge = async (parts: readonly MadePart[], within = contract): Promise<unknown> => {
      reads = 0;
      const datasets = [{ id: 'notes', documents: 2 }];
      const task = { contract: within, model: null, datasets, parts: packed(parts) };
      return runMergeTask(task, tools).catch((error: unknown) => (error as CleanroomError).code);
    };
    for (const parts of [each, [byModel, each[1]!]]) {
      assert.equal(((await merge(parts)) as AppraisedSummary).within, true);
      assert.equal(reads, 2);
    }
    assert.equal(await merge([each[0]!, { failed: 'TEXT_EMPTY' }]), 'TEXT_EMPTY');
    assert.equal(reads, 2);
    const few = lenient(contract, { ...limits, minDocuments: 3 });
    assert.equal(((await merge(each, few)) as AppraisedSummary).within, false);
    assert.equal(reads, 2);
    await merge(each, sentences);
    assert.equal(reads, 1);
  });
});
