// Sealing from file to file: the segments that any number of threads take, and the checks on each.

import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import {
  type FileWork,
  sealFileSegments,
  STOPPED,
  WORK_CELLS,
  WRITTEN,
} from '../../../../src/lib/sealed-blob/engine/file-segments.js';
import { TEXT_MEDIA_TYPE } from '../../../../src/lib/sealed-blob/format/header.js';
import {
  FIRST_SEGMENT_TEXT,
  payloadSize,
  SEGMENT_TEXT,
} from '../../../../src/lib/sealed-blob/format/layout.js';
import { createFront } from '../../../../src/lib/sealed-blob/engine/seal.js';
import { ecParty, openBytes } from '../../../support/sealed.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

describe('segments from file to file', () => {
  const directory = useTemporaryDirectory();
  const party = ecParty();
  const at = (name: string): string => join(directory(), name);

  /** Seals the file `text`, saying that it has `bytes` bytes; returns the sealed file. */
  function seal(bytes: number, prepare: (work: FileWork) => void = () => undefined): Buffer {
    const front = createFront({ recipients: [party.recipient], protected: { cty: TEXT_MEDIA_TYPE } });
    const files = { text: openSync(at('text'), 'r'), sealed: openSync(at('sealed'), 'w') };
    try {
      writeSync(files.sealed, front.header.raw);
      writeSync(files.sealed, front.payloadHeader);
      const work: FileWork = {
        text: { fd: files.text, path: at('text'), bytes },
        sealed: { fd: files.sealed, path: at('sealed'), start: front.header.raw.length },
        key: front.segmentKey,
        cells: new Int32Array(new SharedArrayBuffer(WORK_CELLS * 4)),
      };
      prepare(work);
      sealFileSegments(work);
      // A second thread that comes late finds nothing to do.
      sealFileSegments(work);
      return readFileSync(at('sealed'));
    } finally {
      closeSync(files.text);
      closeSync(files.sealed);
    }
  }

  const BORDERS = [FIRST_SEGMENT_TEXT, FIRST_SEGMENT_TEXT + SEGMENT_TEXT];

  for (const size of [1, ...BORDERS.flatMap((border) => [border - 1, border, border + 1, border + 2])]) {
    it(`give back ${size} bytes of text, in a blob of the length that is foretold`, async () => {
      const text = Buffer.alloc(size, 'Fabrikam notes, line after line.\n');
      writeFileSync(at('text'), text);
      const sealed = seal(size);
      assert.ok(text.equals(await openBytes(sealed, party.identity)));
      assert.equal(sealed.length - sealed.readUInt32BE(8) - 12, payloadSize(size));
    });
  }

  it('take characters of two to four bytes at every place across a border for text', async () => {
    for (const character of ['é', '€', '𝄞']) {
      for (let before = 0; before <= 4; before++) {
        const text = Buffer.from('a'.repeat(FIRST_SEGMENT_TEXT - before) + character.repeat(5));
        writeFileSync(at('text'), text);
        assert.ok(text.equals(await openBytes(seal(text.length), party.identity)), `${character} ${before}`);
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
        for (const behind of ['', 'and more']) {
          const text = Buffer.concat([front, ...piece, Buffer.from(behind)]);
          writeFileSync(at('text'), text);
          assert.throws(() => seal(text.length), { code: 'TEXT_NOT_UTF8' });
        }
      }
    }
  });

  it('refuse a file that became shorter', () => {
    writeFileSync(at('text'), Buffer.alloc(FIRST_SEGMENT_TEXT + 10, 'a'));
    const shorten = openSync(at('text'), 'r+');
    ftruncateSync(shorten, FIRST_SEGMENT_TEXT + 9);
    closeSync(shorten);
    assert.throws(() => seal(FIRST_SEGMENT_TEXT + 10), { code: 'FILE_CHANGED' });
  });

  it('say which file cannot be read, and which cannot be written', () => {
    writeFileSync(at('text'), 'text');
    const broken = (name: 'text' | 'sealed') => (work: FileWork) => {
      // A descriptor that is open for the other direction only.
      Object.assign(work[name], { fd: name === 'text' ? work.sealed.fd : work.text.fd });
    };
    assert.throws(() => seal(4, broken('text')), {
      code: 'FILE_UNREADABLE',
      message: /text cannot be read: EBADF/,
    });
    assert.throws(() => seal(4, broken('sealed')), {
      code: 'FILE_UNWRITABLE',
      message: /sealed cannot be written/,
    });
  });

  it('are left alone once the work is stopped', () => {
    writeFileSync(at('text'), 'text');
    seal(4, ({ cells }) => {
      cells[STOPPED] = 1;
    });
    seal(4, (work) => {
      work.cells[STOPPED] = 1;
      sealFileSegments(work);
      assert.equal(work.cells[WRITTEN], 0);
    });
  });
});
