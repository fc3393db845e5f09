// Parts of a run in few bytes: what comes out is what was put in, in its place, also on the other side of a thread.

import assert from 'node:assert/strict';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { MadePart } from '../../../src/lib/room/shards/part.js';
import { type PackedParts, PartSet } from '../../../src/lib/room/shards/part-set.js';

const part = (summary: string): MadePart => ({
  of: sha256Hex(summary),
  characters: summary.length,
  words: null,
  summary,
  tokens: 3,
  method: 'extractive',
  modelFailure: null,
});

describe('a set of parts', () => {
  it('gives back each part as it was, whatever characters its summary has and however long it is', () => {
    const all: readonly MadePart[] = [
      ...['plain', '"\\\u0000\n', 'Ærø 🚢 \ud83d', '\ufeffmark', 'x'.repeat(300_000), ''].map(part),
      { failed: 'TEXT_EMPTY' },
    ];
    const set = new PartSet(all.length);
    for (const [place, one] of all.entries()) set.set(place, one);
    assert.deepEqual(
      all.map((_, place) => set.get(place)),
      all,
    );
  });

  it('counts a part once, has the last one that was put in a place, and none outside the run', () => {
    const set = new PartSet(2);
    for (const summary of ['first', 'second']) set.set(1, part(summary));
    for (const place of [-1, 2]) set.set(place, part('elsewhere'));
    assert.deepEqual(
      [set.size, set.has(0), set.has(1), set.has(-1), set.has(2)],
      [1, false, true, false, false],
    );
    assert.deepEqual([set.get(0), set.get(1), set.get(-1), set.get(2)], [null, part('second'), null, null]);
  });

  it('goes to another thread without a copy, and is nowhere else then', () => {
    const set = new PartSet(1_000);
    for (let place = 0; place < 1_000; place += 2) set.set(place, part(`summary ${place}`));
    const { packed, memory } = set.pack();
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(packed, memory);
    const { message } = receiveMessageOnPort(port2) as { message: PackedParts };
    port1.close();
    const there = new PartSet(message);
    assert.equal(there.size, 500);
    assert.deepEqual(there.get(998), part('summary 998'));
    assert.equal(there.get(999), null);
    there.set(999, part('one more'));
    assert.deepEqual([there.get(999), there.get(998)], [part('one more'), part('summary 998')]);
    assert.deepEqual([set.total, set.get(998)], [0, null]);
  });

  it('takes little more memory than its parts have bytes', () => {
    const set = new PartSet(10_000);
    const one = part('s'.repeat(200));
    for (let place = 0; place < 10_000; place++) set.set(place, one);
    const bytes = set.pack().memory.reduce((sum, { byteLength }) => sum + byteLength, 0);
    assert.ok(bytes < 1.1 * 10_000 * JSON.stringify(one).length, `${bytes} bytes`);
  });
});
