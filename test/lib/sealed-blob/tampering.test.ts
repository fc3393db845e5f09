// Every way to damage a blob ends in the one error, and nothing of a bad segment comes out.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { concatBytes } from '../../../src/lib/base/bytes/arrays.js';
import { headerSize } from '../../../src/lib/sealed-blob/format/header.js';
import {
  FIRST_SEGMENT_TEXT,
  MAGIC,
  PAYLOAD_HEADER_SIZE,
  SEGMENT_SIZE,
  SEGMENT_TEXT,
  TAG_SIZE,
} from '../../../src/lib/sealed-blob/format/layout.js';
import { openStream } from '../../../src/lib/sealed-blob/engine/open.js';
import { readIdentityKey } from '../../../src/lib/keys/recipient-key.js';
import {
  createSegmentKey,
  openSegment,
  sealSegment,
  type SegmentJob,
  type SegmentKey,
} from '../../../src/lib/sealed-blob/engine/segment-cipher.js';
import { chunksOf, ecParty, openBytes, rsaParty, sealBytes } from '../../support/sealed.js';

const ZEROS = Buffer.alloc(SEGMENT_TEXT);

describe('tampering with a sealed blob', () => {
  const party = ecParty();
  const text = randomBytes(FIRST_SEGMENT_TEXT + SEGMENT_TEXT + 5000);
  let small: Uint8Array;
  let large: Uint8Array;
  let foreign: Uint8Array;
  let payloadAt: number;

  before(async () => {
    small = await sealBytes(text.subarray(0, 40), party);
    large = await sealBytes(text, party);
    foreign = await sealBytes(text, party);
    payloadAt = headerSize(large.subarray(0, 12));
  });

  async function refused(sealed: Uint8Array, identity = party.identity, held = text): Promise<void> {
    let released = 0;
    await assert.rejects(
      async () => {
        const opened = await openStream(chunksOf(sealed), { identities: () => [identity] });
        for await (const chunk of opened.plaintext) {
          assert.ok(
            held.subarray(released, released + chunk.length).equals(chunk),
            'released plaintext is true',
          );
          released += chunk.length;
        }
      },
      (error: Error & { code: string }) =>
        error.code === 'SEALED_BLOB_REJECTED' &&
        error.message === 'the sealed blob cannot be opened with this key' &&
        error.cause === undefined,
    );
  }

  function segment(blob: Uint8Array, index: number): Uint8Array {
    return blob.subarray(payloadAt + index * SEGMENT_SIZE, payloadAt + (index + 1) * SEGMENT_SIZE);
  }

  it('refuses every single flipped bit of a small blob: header, payload header, segment and tag', async () => {
    for (let bit = 0; bit < small.length * 8; bit++) {
      const flipped = small.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await refused(flipped);
    }
  }).timeout(60_000);

  it('refuses every truncation of a small blob, the empty file included', async () => {
    for (let length = 0; length < small.length; length++) await refused(small.subarray(0, length));
  });

  it('refuses truncation at and around every border of a large blob', async () => {
    const borders = [payloadAt, payloadAt + SEGMENT_SIZE, payloadAt + 2 * SEGMENT_SIZE, large.length];
    for (const border of borders) {
      for (const step of [-17, -16, -1, 0, 1, 16, 40]) {
        if (border + step < large.length) await refused(large.subarray(0, border + step));
      }
    }
  });

  it('refuses bytes behind the end', async () => {
    await refused(concatBytes(small, new Uint8Array(1)));
    await refused(concatBytes(large, new Uint8Array(16)));
    await refused(concatBytes(large, large));
  });

  it('refuses flipped bits at both ends of every segment of a large blob', async () => {
    const places = [0, 1, 2].flatMap((index) => {
      const start = payloadAt + index * SEGMENT_SIZE;
      const end = Math.min(large.length, start + SEGMENT_SIZE);
      return [start, start + PAYLOAD_HEADER_SIZE, end - 17, end - 16, end - 1];
    });
    for (const place of places) {
      const flipped = large.slice();
      flipped[place]! ^= 0x80;
      await refused(flipped);
    }
  });

  it('refuses segments that are exchanged, repeated, left out or of another blob', async () => {
    const [head, one, two, three] = [
      large.subarray(0, payloadAt),
      segment(large, 0),
      segment(large, 1),
      segment(large, 2),
    ];
    await refused(concatBytes(head, two, one, three));
    await refused(concatBytes(head, one, two, two, three));
    await refused(concatBytes(head, one, three));
    await refused(concatBytes(head, one, two));
    await refused(concatBytes(head, one, segment(foreign, 1), three));
    await refused(concatBytes(head, one, two, segment(foreign, 2)));
  });

  it('I11: refuses the payload of one dataset under the header of another', async () => {
    const foreignHead = foreign.subarray(0, headerSize(foreign.subarray(0, 12)));
    await refused(concatBytes(foreignHead, large.subarray(payloadAt)));
  });

  it('gives a wrong key the same answer as damage, of its own kind or another', async () => {
    await refused(small, ecParty().identity);
    await refused(small, rsaParty().identity);
    await refused(await sealBytes(text.subarray(0, 10), rsaParty()), rsaParty().identity);
  });

  it('refuses every single flipped bit of a large blob’s header and payload header', async () => {
    // It shows in the first segment at the latest: what follows need not be there.
    const front = large.slice(0, payloadAt + SEGMENT_SIZE);
    for (let bit = 0; bit < (payloadAt + PAYLOAD_HEADER_SIZE) * 8; bit++) {
      front[bit >> 3]! ^= 1 << (bit & 7);
      await refused(front);
      front[bit >> 3]! ^= 1 << (bit & 7);
    }
  }).timeout(60_000);

  /* Short enough for every bit, the first long enough to go through the cipher in two pieces; then whole ones, by strides. */
  for (const [name, index, last, bytes] of [
    ['first', 0, false, 16 * 1024 + 33],
    ['last', 2, true, 2048],
  ] as const) {
    it(`refuses every single flipped bit of a ${name} segment, tag included, and wipes it`, () => {
      const key = createSegmentKey(randomBytes(32), new Uint8Array(0)).segmentKey;
      const sealed = sealedSegment(key, { index, last, bytes });
      for (let bit = 0; bit < sealed.length * 8; bit++) refusedSegment(key, { index, last }, sealed, bit);
    }).timeout(60_000);

    it(`refuses a flipped bit in every part of a ${name} segment of full size, at each place within a byte`, () => {
      const key = createSegmentKey(randomBytes(32), new Uint8Array(0)).segmentKey;
      const sealed = sealedSegment(key, { index, last, bytes: SEGMENT_TEXT });
      const stride = 8 * 1024 + 1;
      for (let bit = 0; bit < sealed.length * 8; bit += stride)
        refusedSegment(key, { index, last }, sealed, bit);
    }).timeout(60_000);
  }

  function sealedSegment(
    key: SegmentKey,
    { index, last, bytes }: { readonly index: number; readonly last: boolean; readonly bytes: number },
  ): Uint8Array<ArrayBuffer> {
    const data = new Uint8Array(bytes + TAG_SIZE).subarray(0, bytes);
    data.set(text.subarray(0, bytes));
    return sealSegment(key, { index, last, data });
  }

  function refusedSegment(
    key: SegmentKey,
    place: Pick<SegmentJob, 'index' | 'last'>,
    sealed: Uint8Array,
    bit: number,
  ): void {
    const data = Uint8Array.from(sealed);
    data[bit >> 3]! ^= 1 << (bit & 7);
    assert.throws(() => openSegment(key, { ...place, data }), { code: 'SEALED_BLOB_REJECTED' });
    const nothing = ZEROS.subarray(0, data.length - TAG_SIZE);
    assert.ok(nothing.equals(data.subarray(0, nothing.length)), 'nothing of it is left in memory');
  }

  it('refuses every single flipped bit of a header without MAC, written by another for a local key', async () => {
    const vectors = 'test/vectors/sealed';
    const plain = readFileSync(join(vectors, 'small-without-mac.sealed'));
    const identity = readIdentityKey(readFileSync(join(vectors, 'rfc7517-a2-ec.jwk'), 'utf8'));
    assert.equal((await openBytes(plain, identity)).length, 5);
    for (let bit = 0; bit < plain.length * 8; bit++) {
      const flipped = Uint8Array.from(plain);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await refused(flipped, identity, Buffer.from('grobe'));
    }
  }).timeout(60_000);

  it('refuses a blob whose MACs were taken out, also where `protected` is made to agree', async () => {
    const size = headerSize(small.subarray(0, 12));
    const header = JSON.parse(Buffer.from(small.subarray(12, size)).toString()) as {
      protected: string;
      recipients: { header: { mac?: string } }[];
    };
    for (const recipient of header.recipients) delete recipient.header.mac;
    const claims = JSON.parse(Buffer.from(header.protected, 'base64url').toString()) as { mac?: string };
    delete claims.mac;
    const silent = { ...header, protected: Buffer.from(JSON.stringify(claims)).toString('base64url') };
    for (const changed of [header, silent]) await refused(reframe(changed, small.subarray(size)));
  });

  it('refuses a recipient who was added by one who does not hold the data key', async () => {
    const size = headerSize(small.subarray(0, 12));
    const header = JSON.parse(Buffer.from(small.subarray(12, size)).toString()) as { recipients: unknown[] };
    header.recipients.push(header.recipients[0]);
    await refused(reframe(header, small.subarray(size)));
  });

  function reframe(header: object, payload: Uint8Array): Uint8Array {
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(json.length);
    return concatBytes(MAGIC, length, json, payload);
  }

  it('notices damage to the entry of another recipient', async () => {
    const other = rsaParty();
    const shared = await sealBytes(text.subarray(0, 40), party, other);
    const json = Buffer.from(shared).toString('latin1');
    const place = json.indexOf('"encrypted_key":"', json.indexOf(other.recipient.thumbprint)) + 60;
    const changed = shared.slice();
    changed[place] = changed[place] === 0x41 ? 0x42 : 0x41;
    await refused(changed);
    assert.equal((await openBytes(shared, party.identity)).length, 40);
  });
});
