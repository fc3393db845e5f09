import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { concatBytes } from '../../../../src/lib/base/bytes/arrays.js';
import { TEXT_MEDIA_TYPE } from '../../../../src/lib/sealed-blob/format/header.js';
import { openStream } from '../../../../src/lib/sealed-blob/engine/open.js';
import { sealStream } from '../../../../src/lib/sealed-blob/engine/seal.js';
import { createBufferRing } from '../../../../src/lib/sealed-blob/engine/segmenter.js';
import {
  createWorkerEngine,
  type WorkerEngine,
} from '../../../../src/lib/sealed-blob/engine/worker-engine.js';
import { chunksOf, collect, ecParty, openBytes, sealBytes } from '../../../support/sealed.js';

describe('engine with a second thread', () => {
  const party = ecParty();
  const text = randomBytes(12 * 1024 * 1024 + 5);
  let engine: WorkerEngine;
  let sealed: Uint8Array;

  before(async () => {
    engine = createWorkerEngine(new URL('../../../support/segment-worker.mjs', import.meta.url));
    const { header, payload } = sealStream(chunksOf(text), {
      recipients: [party.recipient],
      protected: { cty: TEXT_MEDIA_TYPE },
      engine,
    });
    sealed = concatBytes(header.raw, await collect(payload));
  });

  after(() => engine.close());

  it('seals what the calling thread opens', async () => {
    assert.ok(text.equals(await openBytes(sealed, party.identity)));
  });

  it('opens in order, with memory that goes round', async () => {
    const buffers = createBufferRing();
    const opened = await openStream(chunksOf(sealed), {
      identities: () => [party.identity],
      engine,
      buffers,
    });
    let offset = 0;
    for await (const chunk of opened.plaintext) {
      assert.ok(text.subarray(offset, offset + chunk.length).equals(chunk));
      offset += chunk.length;
      buffers.give(chunk);
    }
    assert.equal(offset, text.length);
  });

  it('releases only what came before a bad segment, in the middle of much under way', async () => {
    const bad = sealed.slice();
    bad[11 * 1024 * 1024]! ^= 1;
    const opened = await openStream(chunksOf(bad), { identities: () => [party.identity], engine });
    let released = 0;
    await assert.rejects(
      async () => {
        for await (const chunk of opened.plaintext) {
          assert.ok(text.subarray(released, released + chunk.length).equals(chunk));
          released += chunk.length;
        }
      },
      { code: 'SEALED_BLOB_REJECTED' },
    );
    assert.ok(released > 1024 * 1024 && released < 11 * 1024 * 1024);
  });
});

describe('engine whose thread dies', () => {
  const DIES = new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', () => { throw new Error('out of memory'); });
    `)}`,
  );

  it('ends the sealing with an error, with a part of the payload given out and never the whole', async () => {
    const engine = createWorkerEngine(DIES);
    const text = randomBytes(12 * 1024 * 1024);
    const { payload } = sealStream(chunksOf(text), {
      recipients: [ecParty().recipient],
      protected: { cty: TEXT_MEDIA_TYPE },
      engine,
    });
    let given = 0;
    await assert.rejects(
      async () => {
        for await (const chunk of payload) given += chunk.length;
      },
      { code: 'INTERNAL' },
    );
    assert.ok(given < text.length, String(given));
    await engine.close();
  });

  it('ends the opening with an error', async () => {
    const party = ecParty();
    const sealed = await sealBytes(randomBytes(12 * 1024 * 1024), party);
    const engine = createWorkerEngine(DIES);
    const opened = await openStream(chunksOf(sealed), { identities: () => [party.identity], engine });
    await assert.rejects(collect(opened.plaintext), { code: 'INTERNAL' });
    await engine.close();
  });
});
