// Pieces of a file and their MD5, on this thread and on one of their own.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createFilePieces } from '../../../../src/lib/base/files/file-pieces.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

const MIB = 1024 * 1024;
const FROM_SOURCES = new URL('../../../support/file-pieces-worker.mjs', import.meta.url);

describe('pieces of a file', () => {
  const directory = useTemporaryDirectory();
  const content = randomBytes(3 * MIB + 5);
  let path: string;
  let fd: number;

  before(() => {
    path = join(directory(), 'sealed');
    writeFileSync(path, content);
    fd = openSync(path, 'r');
  });

  after(() => closeSync(fd));

  // What is said of the size decides where the work is done.
  for (const [where, size] of [
    ['this thread', content.length],
    ['a thread of their own', 1024 ** 3],
  ] as const) {
    it(`come with the MD5 of each, several at once, in memory that goes round, from ${where}`, async () => {
      const pieces = createFilePieces({ fd, path, size }, FROM_SOURCES);
      try {
        for (let round = 0; round < 3; round++) {
          const [whole, tail] = await Promise.all([pieces.read(0, 2 * MIB), pieces.read(3 * MIB, 5)]);
          assert.ok(content.subarray(0, 2 * MIB).equals(whole.bytes));
          assert.ok(content.subarray(3 * MIB).equals(tail.bytes));
          for (const { bytes, md5 } of [whole, tail]) {
            assert.ok(createHash('md5').update(bytes).digest().equals(md5));
          }
          pieces.give(tail);
          pieces.give(whole);
        }
      } finally {
        await pieces.close();
      }
    });

    it(`are refused beyond the end of the file, and where it cannot be read, by ${where}`, async () => {
      const pieces = createFilePieces({ fd, path, size }, FROM_SOURCES);
      const closed = createFilePieces({ fd: 2 ** 20, path, size }, FROM_SOURCES);
      try {
        await assert.rejects(pieces.read(3 * MIB, 6), { code: 'FILE_CHANGED' });
        await assert.rejects(closed.read(0, 1), { code: 'FILE_UNREADABLE', message: /EBADF/ });
        assert.equal((await pieces.read(0, 1)).bytes[0], content[0]);
      } finally {
        await pieces.close();
        await closed.close();
      }
    });
  }
});
