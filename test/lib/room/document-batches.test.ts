// Documents on their way to the thread: bounded batches in one piece of memory, and text on the other side.

import assert from 'node:assert/strict';

import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import {
  type DocumentBytes,
  inBatches,
  packBatch,
  unpackBatch,
} from '../../../src/lib/room/document-batches.js';

const document = (title: string, bytes: Uint8Array): DocumentBytes => ({ dataset: 'notes', title, bytes });

describe('documents on their way to the thread', () => {
  it('arrive as they were, and one that is no text as the empty text and why', () => {
    const given = [
      document('notes/a', utf8('The ferry runs twice.')),
      document('notes/empty', utf8('')),
      document('notes/binary', new Uint8Array([65, 0, 66])),
      document('notes/latin1', new Uint8Array([0x66, 0xe9, 0x20])),
      document('notes/b', utf8('\ufeffÆrø ↔ Fyn.')),
    ];
    assert.deepEqual(unpackBatch(packBatch(given)), [
      { dataset: 'notes', title: 'notes/a', text: 'The ferry runs twice.' },
      { dataset: 'notes', title: 'notes/empty', text: '', failed: 'TEXT_EMPTY' },
      { dataset: 'notes', title: 'notes/binary', text: '', failed: 'TEXT_BINARY' },
      { dataset: 'notes', title: 'notes/latin1', text: '', failed: 'TEXT_NOT_UTF8' },
      { dataset: 'notes', title: 'notes/b', text: 'Ærø ↔ Fyn.' },
    ]);
  });

  it('go in batches of a quarter of a mebibyte and of 256 documents at most, unless one is longer', async () => {
    const sizes = [...Array<number>(600).fill(1), 300_000, 200_000, 100_000, 1];
    async function* documents() {
      for (const [n, size] of sizes.entries())
        yield await Promise.resolve(document(String(n), new Uint8Array(size)));
    }
    const batches: number[][] = [];
    for await (const batch of inBatches(documents())) batches.push(batch.map(({ bytes }) => bytes.length));
    assert.deepEqual(batches.flat(), sizes);
    assert.deepEqual(
      batches.map(({ length }) => length),
      [256, 256, 88, 1, 1, 2],
    );
  });
});
