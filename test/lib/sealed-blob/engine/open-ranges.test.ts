// Parts of a sealed blob, read by range: the same bytes as in the whole, of the segments that hold them, or nothing.

import assert from 'node:assert/strict';

import fc from 'fast-check';

import { concatBytes, utf8 } from '../../../../src/lib/base/bytes/arrays.js';
import { encodeManifest, placeDocuments } from '../../../../src/lib/sealed-blob/engine/documents.js';
import {
  type OpenedRanges,
  openRanges,
  type TextRange,
} from '../../../../src/lib/sealed-blob/engine/open-ranges.js';
import { sealStream } from '../../../../src/lib/sealed-blob/engine/seal.js';
import {
  DOCUMENTS_MEDIA_TYPE,
  type SealedHeader,
  TEXT_MEDIA_TYPE,
} from '../../../../src/lib/sealed-blob/format/header.js';
import {
  FIRST_SEGMENT_TEXT,
  SEGMENT_SIZE,
  SEGMENT_TEXT,
} from '../../../../src/lib/sealed-blob/format/layout.js';
import { chunksOf, collect, ecParty } from '../../../support/sealed.js';

const party = ecParty();
const identities = () => [party.identity];
const REJECTED = { code: 'SEALED_BLOB_REJECTED' };

interface Sealed {
  readonly header: SealedHeader;
  readonly payload: Uint8Array;
}

async function seal(
  plaintext: Uint8Array,
  cty: typeof TEXT_MEDIA_TYPE | typeof DOCUMENTS_MEDIA_TYPE = TEXT_MEDIA_TYPE,
): Promise<Sealed> {
  const { header, payload } = sealStream(chunksOf(plaintext), {
    recipients: [party.recipient],
    protected: { cty },
  });
  return { header, payload: await collect(payload) };
}

interface Reading {
  readonly blob: OpenedRanges;
  /** Segments that were asked for, in order. */
  readonly asked: number[];
}

/* `bytes` is the length that the owner states, of a payload that may be another. */
async function open({ header, payload }: Sealed, bytes = payload.length): Promise<Reading> {
  const asked: number[] = [];
  const read = (start: number, end: number): Promise<Uint8Array> => {
    if (end - start > 40)
      for (let at = start; at < end; at = (Math.floor(at / SEGMENT_SIZE) + 1) * SEGMENT_SIZE)
        asked.push(Math.floor(at / SEGMENT_SIZE));
    return Promise.resolve(payload.slice(start, end));
  };
  return { blob: await openRanges(header, { bytes, read }, identities), asked };
}

async function texts(blob: OpenedRanges, ranges: readonly TextRange[]): Promise<readonly Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const text of blob.read(ranges)) found.push(text);
  return found;
}

/* No two segments hold the same bytes. */
const plaintext = Uint8Array.from(
  { length: FIRST_SEGMENT_TEXT + 11 * SEGMENT_TEXT + 700 },
  (_, at) => at ^ (at >> 8) ^ (at >> 16),
);

describe('a sealed blob that is read by range', function () {
  this.timeout(30_000);
  let sealed: Sealed;
  before(async () => {
    sealed = await seal(plaintext);
  });

  const segmentRange = (index: number): TextRange => {
    const start = index === 0 ? 0 : FIRST_SEGMENT_TEXT + (index - 1) * SEGMENT_TEXT;
    return { start: start + 3, end: start + 600 };
  };

  it('gives of every range what stands there', async () => {
    const { blob } = await open(sealed);
    assert.equal(blob.bytes, plaintext.length);
    const edges = [0, 1, FIRST_SEGMENT_TEXT - 1, FIRST_SEGMENT_TEXT, FIRST_SEGMENT_TEXT + SEGMENT_TEXT];
    const place = fc.oneof(
      fc.constantFrom(...edges, plaintext.length),
      fc.integer({ min: 0, max: plaintext.length }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 2, maxLength: 6 }), async (places) => {
        const ascending = [...places].sort((a, b) => a - b);
        const ranges = ascending.slice(1).map((end, index) => ({ start: ascending[index]!, end }));
        const found = await texts(blob, ranges);
        assert.deepEqual(
          found.map((text, index) =>
            Buffer.compare(text, plaintext.subarray(ranges[index]!.start, ranges[index]!.end)),
          ),
          ranges.map(() => 0),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('asks for the segments that hold the ranges, each once, and for no other', async () => {
    const { blob, asked } = await open(sealed);
    await texts(blob, [segmentRange(2), { ...segmentRange(2), start: segmentRange(2).end }, segmentRange(5)]);
    assert.deepEqual(asked, [2, 5]);
    asked.length = 0;
    await texts(blob, [{ start: segmentRange(1).start, end: segmentRange(11).end }]);
    assert.deepEqual(asked, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  describe('refuses', () => {
    const changed = (change: (payload: Uint8Array) => Uint8Array): Sealed => ({
      ...sealed,
      payload: change(sealed.payload.slice()),
    });
    const segment = (payload: Uint8Array, index: number): Uint8Array =>
      payload.slice(index * SEGMENT_SIZE, (index + 1) * SEGMENT_SIZE);
    const put = (payload: Uint8Array, index: number, bytes: Uint8Array): Uint8Array => {
      payload.set(bytes, index * SEGMENT_SIZE);
      return payload;
    };
    const changes: Readonly<Record<string, () => readonly [Sealed, bytes?: number]>> = {
      'a bit flipped in a segment that is read': () => [
        changed((payload) =>
          put(
            payload,
            5,
            segment(payload, 5).map((byte, at) => (at === 9 ? byte ^ 1 : byte)),
          ),
        ),
      ],
      'a segment in the place of another': () => [changed((payload) => put(payload, 5, segment(payload, 4)))],
      'a segment of another blob under the same keys': () => [
        changed((payload) => put(payload, 5, segment(other.payload, 5))),
      ],
      'the front of another payload': () => [
        changed((payload) => put(payload, 0, other.payload.slice(0, 40))),
      ],
      'a payload cut off behind the segment': () => [
        changed((payload) => payload.slice(0, 6 * SEGMENT_SIZE)),
        6 * SEGMENT_SIZE,
      ],
      'fewer bytes than were asked for': () => [
        changed((payload) => payload.slice(0, 5 * SEGMENT_SIZE + 100)),
        sealed.payload.length,
      ],
    };
    let other: Sealed;
    before(async () => {
      other = await seal(plaintext);
    });
    for (const [what, make] of Object.entries(changes))
      it(what, async () => {
        const [given, bytes] = make();
        await assert.rejects(async () => {
          const { blob } = await open(given, bytes);
          await texts(blob, [segmentRange(5)]);
        }, REJECTED);
      });

    it('a range outside of the text, and a length that no payload has', async () => {
      const { blob } = await open(sealed);
      await assert.rejects(texts(blob, [{ start: 0, end: plaintext.length + 1 }]), REJECTED);
      await assert.rejects(texts(blob, [{ start: -1, end: 1 }]), REJECTED);
      await assert.rejects(open(sealed, 4 * SEGMENT_SIZE + TAG_ONLY), REJECTED);
    });

    it('everything once it is closed', async () => {
      const { blob } = await open(sealed);
      blob.close();
      await assert.rejects(texts(blob, [segmentRange(3)]), REJECTED);
    });
  });

  it('does not look at what nobody asks for', async () => {
    const payload = sealed.payload.slice();
    payload[9 * SEGMENT_SIZE + 5]! ^= 1;
    const { blob } = await open({ ...sealed, payload });
    assert.equal((await texts(blob, [segmentRange(5)])).length, 1);
    await assert.rejects(texts(blob, [segmentRange(9)]), REJECTED);
  });

  it('says where documents stand, and refuses a manifest that does not fill the text to its end', async () => {
    const parts = ['one', '', 'three'].map(utf8);
    const entries = parts.map((part, index) => ({ name: `${index}.txt`, bytes: part.length }));
    const front = encodeManifest(entries);
    const { blob } = await open(await seal(concatBytes(front, ...parts), DOCUMENTS_MEDIA_TYPE));
    const placed = await placeDocuments(blob);
    assert.deepEqual(
      placed.map(({ name, start, end }) => [name, start - front.length, end - front.length]),
      [
        ['0.txt', 0, 3],
        ['1.txt', 3, 3],
        ['2.txt', 3, 8],
      ],
    );
    assert.deepEqual(await texts(blob, placed), parts);
    for (const rest of [parts.slice(0, 2), [...parts, utf8('!')]]) {
      const wrong = await open(await seal(concatBytes(front, ...rest), DOCUMENTS_MEDIA_TYPE));
      await assert.rejects(placeDocuments(wrong.blob), REJECTED);
    }
    for (const start of [utf8('CLNDOCS'), utf8('CLNDOCS1\xff\xff\xff\xff'), front.slice(0, -4)]) {
      const cut = await open(await seal(start, DOCUMENTS_MEDIA_TYPE));
      await assert.rejects(placeDocuments(cut.blob), REJECTED);
    }
  });

  it('gives a single text as its one document', async () => {
    const { blob } = await open(await seal(utf8('A text.')));
    assert.deepEqual(await placeDocuments(blob), [{ name: 'text', start: 0, end: 7 }]);
  });
});

/* A last segment of a tag and nothing. */
const TAG_ONLY = 16;
