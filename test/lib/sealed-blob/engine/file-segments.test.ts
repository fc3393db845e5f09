// Segments between files: what any number of threads take, and the checks on each.

import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { seriesOf, steadyFile } from '../../../../src/lib/base/files/file-series.js';
import {
  digestPayload,
  NEXT,
  openFileSegments,
  sealFileSegments,
  type SealWork,
  STOPPED,
  WORK_CELLS,
  WRITTEN,
} from '../../../../src/lib/sealed-blob/engine/file-segments.js';
import { openFront } from '../../../../src/lib/sealed-blob/engine/open.js';
import { createFront } from '../../../../src/lib/sealed-blob/engine/seal.js';
import { readChunks } from '../../../../src/lib/base/files/byte-reader.js';
import { sha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { TEXT_MEDIA_TYPE } from '../../../../src/lib/sealed-blob/format/header.js';
import {
  FIRST_SEGMENT_TEXT,
  payloadSize,
  SEGMENT_TEXT,
  segmentCount,
} from '../../../../src/lib/sealed-blob/format/layout.js';
import { chunksOf, ecParty, openBytes, sealBytes } from '../../../support/sealed.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

const NOTHING = new Uint8Array(0);

function share(segments: number): Pick<SealWork, 'cells' | 'done'> {
  return {
    cells: new Int32Array(new SharedArrayBuffer(WORK_CELLS * 4)),
    done: new Uint8Array(new SharedArrayBuffer(segments)),
  };
}

describe('segments between files', () => {
  const directory = useTemporaryDirectory();
  const party = ecParty();
  const at = (name: string): string => join(directory(), name);
  const steady = (name: string) => steadyFile(at(name), statSync(at(name), { bigint: true }));

  /** Writes the pieces as files of one series, seals it, and returns the sealed file. */
  function seal(
    pieces: readonly Uint8Array[],
    { front = NOTHING, prepare = () => undefined, content = 'text' }: SealSettings = {},
  ): Buffer {
    pieces.forEach((piece, index) => writeFileSync(at(`text${index}`), piece));
    const text = seriesOf(
      front,
      pieces.map((_, index) => steady(`text${index}`)),
    );
    const {
      header,
      payloadHeader,
      segmentKey: key,
    } = createFront({
      recipients: [party.recipient],
      protected: { cty: TEXT_MEDIA_TYPE },
    });
    const fd = openSync(at('sealed'), 'w+');
    try {
      writeSync(fd, header.raw);
      writeSync(fd, payloadHeader);
      const start = header.raw.length;
      const sealed = { fd, path: at('sealed'), start };
      const shared = share(segmentCount(text.bytes));
      const words = content === 'text' ? new Uint8Array(new SharedArrayBuffer(pieces.length)) : null;
      const work: SealWork = { ...shared, operation: 'seal', text, words, sealed, key };
      prepare(work);
      sealFileSegments(work);
      // A second thread that comes late finds nothing to do.
      sealFileSegments(work);
      const bytes = payloadSize(text.bytes);
      const digest = digestPayload({ ...shared, operation: 'digest', sealed: { ...sealed, bytes } });
      const made = readFileSync(at('sealed'));
      if (digest !== null) assert.equal(digest, sha256Hex(made.subarray(start)));
      return made;
    } finally {
      closeSync(fd);
    }
  }

  interface SealSettings {
    readonly front?: Uint8Array;
    readonly prepare?: (work: SealWork) => void;
    readonly content?: 'text' | 'bytes';
  }

  const BORDERS = [FIRST_SEGMENT_TEXT, FIRST_SEGMENT_TEXT + SEGMENT_TEXT];
  const SIZES = [1, ...BORDERS.flatMap((border) => [border - 1, border, border + 1, border + 2])];

  for (const size of SIZES) {
    it(`give back ${size} bytes of text, in a blob of the length that is foretold`, async () => {
      const text = Buffer.alloc(size, 'Fabrikam notes, line after line.\n');
      const sealed = seal([text]);
      assert.ok(text.equals(await openBytes(sealed, party.identity)));
      assert.equal(sealed.length - sealed.readUInt32BE(8) - 12, payloadSize(size));
    });

    it(`open ${size} bytes that were sealed as they streamed by`, async () => {
      const text = Buffer.alloc(size, 'Fabrikam notes, line after line.\n');
      writeFileSync(at('blob'), await sealBytes(text, party));
      assert.ok(text.equals(await openFile('blob', size)));
    });
  }

  async function openFile(name: string, plaintextBytes: number): Promise<Buffer> {
    const bytes = readFileSync(at(name));
    const { header, segmentKey: key } = await openFront(readChunks(chunksOf(bytes)), () => [party.identity]);
    const fd = openSync(at('opened'), 'w');
    try {
      const sealed = seriesOf(NOTHING, [steady(name)]);
      const text = { fd, path: at('opened') };
      const shared = share(segmentCount(plaintextBytes));
      openFileSegments({ ...shared, operation: 'open', sealed, start: header.raw.length, text, key });
    } finally {
      closeSync(fd);
    }
    return readFileSync(at('opened'));
  }

  it('come from many files behind a front, wherever the borders fall', async () => {
    const front = Buffer.from('a manifest');
    const pieces = [FIRST_SEGMENT_TEXT - 20, 5, 30, SEGMENT_TEXT, 1].map((size, index) =>
      Buffer.alloc(size, `document ${index}\n`),
    );
    const opened = await openBytes(seal(pieces, { front }), party.identity);
    assert.ok(Buffer.concat([front, ...pieces]).equals(opened));
  });

  it('pass over an empty file of a model, and take its bytes as they are', async () => {
    const pieces = [Buffer.alloc(0), Buffer.from([0x61, 0xff]), Buffer.alloc(0), Buffer.from('text')];
    const opened = await openBytes(seal(pieces, { content: 'bytes' }), party.identity);
    assert.ok(Buffer.concat(pieces).equals(opened));
    assert.throws(() => seal(pieces), { code: 'TEXT_NOT_UTF8', message: /text1 is not UTF-8/ });
  });

  it('say of each file whether it has words, wherever its border falls', () => {
    const pieces = [FIRST_SEGMENT_TEXT - 3, 6, 2].map((size) => Buffer.alloc(size, ' '));
    pieces[1]!.write('a', 5);
    let seen: readonly number[] = [];
    const prepare = (work: SealWork): void => {
      sealFileSegments(work);
      seen = [...work.words!];
    };
    seal(pieces, { prepare });
    assert.deepEqual(seen, [0, 1, 0]);
  });

  it('look at the whole beginning of a file for control characters, wherever its border falls', () => {
    const notes = Buffer.from(`\u0001${'Fabrikam notes, line after line.\n'.repeat(2000)}`);
    const noise = Buffer.alloc(70_000, '\u0001notes');
    for (const before of [1, 2, 30_000]) {
      const front = Buffer.alloc(FIRST_SEGMENT_TEXT - before, 'a');
      seal([front, notes]);
      assert.throws(() => seal([front, noise]), { code: 'TEXT_BINARY' }, String(before));
    }
  });

  it('refuse a character that begins in one file and ends in the next', () => {
    const euro = Buffer.from('€');
    assert.throws(() => seal([euro.subarray(0, 1), euro.subarray(1)]), { code: 'TEXT_NOT_UTF8' });
  });

  it('take characters of two to four bytes at every place across a border for text', async () => {
    for (const character of ['é', '€', '𝄞']) {
      for (let before = 0; before <= 4; before++) {
        const text = Buffer.from('a'.repeat(FIRST_SEGMENT_TEXT - before) + character.repeat(5));
        assert.ok(text.equals(await openBytes(seal([text]), party.identity)), `${character} ${before}`);
      }
    }
  });

  it('refuse a character that a border cuts off, and one that begins behind it without its front', () => {
    const euro = Buffer.from('€');
    const pieces = [
      [euro.subarray(0, 1)],
      [euro.subarray(0, 2)],
      [euro.subarray(1)],
      [euro.subarray(0, 2), euro],
      [Buffer.from([0xff])],
    ];
    for (const piece of pieces) {
      for (let before = 0; before <= 4; before++) {
        const front = Buffer.alloc(FIRST_SEGMENT_TEXT - before, 'a');
        for (const behind of ['', 'and more'])
          assert.throws(() => seal([Buffer.concat([front, ...piece, Buffer.from(behind)])]), {
            code: 'TEXT_NOT_UTF8',
          });
      }
    }
  });

  it('refuse a file that is another, shorter, or written again since it was looked at', () => {
    const changes: readonly (() => void)[] = [
      () => truncateSync(at('text0'), 9),
      () => writeFileSync(at('text0'), 'other text'),
    ];
    for (const prepare of changes)
      assert.throws(() => seal([Buffer.from('some text.')], { prepare }), { code: 'FILE_CHANGED' });
  });

  it('write nothing of a bad segment', async () => {
    const text = Buffer.alloc(FIRST_SEGMENT_TEXT + 100, 'a');
    const sealed = await sealBytes(text, party);
    sealed[sealed.length - 1]! ^= 1;
    writeFileSync(at('blob'), sealed);
    await assert.rejects(openFile('blob', text.length), { code: 'SEALED_BLOB_REJECTED' });
    assert.ok(readFileSync(at('opened')).equals(text.subarray(0, FIRST_SEGMENT_TEXT)));
  });

  it('say which file cannot be written', () => {
    const prepare = (work: SealWork): void => {
      // A descriptor that is open for reading only.
      Object.assign(work.sealed, { fd: openSync(at('text0'), 'r') });
    };
    assert.throws(() => seal([Buffer.from('text')], { prepare }), {
      code: 'FILE_UNWRITABLE',
      message: /sealed cannot be written/,
    });
  });

  it('are left alone once the work is stopped, and their digest with them', () => {
    seal([Buffer.from('text')], {
      prepare: (work) => {
        work.cells[STOPPED] = 1;
        sealFileSegments(work);
        assert.deepEqual([work.cells[WRITTEN], work.cells[NEXT]], [0, 0]);
      },
    });
  });
});
