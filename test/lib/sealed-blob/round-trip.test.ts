import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { concatBytes } from '../../../src/lib/base/bytes/arrays.js';
import { TEXT_MEDIA_TYPE } from '../../../src/lib/sealed-blob/format/header.js';
import {
  FIRST_SEGMENT_TEXT,
  payloadShape,
  payloadSize,
  SEGMENT_TEXT,
} from '../../../src/lib/sealed-blob/format/layout.js';
import { openStream } from '../../../src/lib/sealed-blob/engine/open.js';
import { sealStream } from '../../../src/lib/sealed-blob/engine/seal.js';
import { chunksOf, collect, ecParty, openBytes, rsaParty, sealBytes } from '../../support/sealed.js';

const BORDERS = [
  0,
  FIRST_SEGMENT_TEXT,
  FIRST_SEGMENT_TEXT + SEGMENT_TEXT,
  FIRST_SEGMENT_TEXT + 2 * SEGMENT_TEXT,
];
const SIZES = BORDERS.flatMap((border) =>
  [-17, -16, -15, -1, 0, 1, 15, 16, 17].map((step) => border + step),
).filter((size) => size >= 0);

describe('sealed blob', () => {
  const party = ecParty();
  const text = randomBytes(FIRST_SEGMENT_TEXT + 2 * SEGMENT_TEXT + 17);

  for (const size of SIZES) {
    it(`gives back ${size} bytes`, async () => {
      const plaintext = text.subarray(0, size);
      const sealed = await sealBytes(plaintext, party);
      assert.ok(Buffer.from(await openBytes(sealed, party.identity)).equals(plaintext));
      const { header } = await openStream(chunksOf(sealed), { identities: () => [party.identity] });
      assert.equal(sealed.length - header.raw.length, payloadSize(size));
      assert.equal(payloadShape(payloadSize(size)).plaintextBytes, size);
    });
  }

  it('does not depend on how the bytes come: byte by byte, in odd pieces, whole', async () => {
    const plaintext = text.subarray(0, 3000);
    const pieces = [1, 7, 4096, 1 << 24];
    for (const piece of pieces) {
      const { header, payload } = sealStream(chunksOf(plaintext, piece), {
        recipients: [party.recipient],
        protected: { cty: TEXT_MEDIA_TYPE },
      });
      const sealed = concatBytes(header.raw, await collect(payload));
      for (const other of pieces) {
        assert.ok(Buffer.from(await openBytes(sealed, party.identity, other)).equals(plaintext));
      }
    }
  });

  it('opens for each of its recipients, of every kind, and for nobody else', async () => {
    const parties = [ecParty(), ecParty('P-384'), ecParty('P-521'), rsaParty(), rsaParty(3072)];
    const sealed = await sealBytes(text.subarray(0, 100), ...parties);
    for (const { identity } of parties) assert.equal((await openBytes(sealed, identity)).length, 100);
    for (const { identity } of [ecParty(), rsaParty()]) {
      await assert.rejects(openBytes(sealed, identity), { code: 'SEALED_BLOB_REJECTED' });
    }
  });

  it('never uses a data key, salt or ephemeral key twice', async () => {
    const [one, two] = [
      await sealBytes(text.subarray(0, 64), party),
      await sealBytes(text.subarray(0, 64), party),
    ];
    assert.notDeepEqual(one.subarray(-80), two.subarray(-80));
  });

  it('refuses no recipient and the same recipient twice', () => {
    for (const recipients of [[], [party.recipient, party.recipient]]) {
      assert.throws(() => sealStream(chunksOf(text), { recipients, protected: { cty: TEXT_MEDIA_TYPE } }), {
        code: 'USAGE',
      });
    }
  });

  it('passes on a read error of the text and yields no end after it', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array, void> {
      yield await Promise.resolve(text);
      throw new Error('EIO');
    };
    const { payload } = sealStream(broken(), {
      recipients: [party.recipient],
      protected: { cty: TEXT_MEDIA_TYPE },
    });
    await assert.rejects(collect(payload), /EIO/);
  });
});
