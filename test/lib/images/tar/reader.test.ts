// The tar reader: pieces of any size read alike, and nothing that it is fed makes it hang, crash or guess.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';

import { CleanroomError } from '../../../../src/lib/base/errors.js';
import { computeLayerRootHash, type LayerHash } from '../../../../src/lib/images/layer/root-hash.js';
import { displayName, type TarEntry } from '../../../../src/lib/images/tar/entry.js';
import { parsePaxTime } from '../../../../src/lib/images/tar/pax.js';
import { TarReader } from '../../../../src/lib/images/tar/reader.js';
import { dmverityVectors, VECTORS } from '../../../support/dmverity-vectors.js';
import { tarOf } from '../../../support/tar-of.js';
import { processorSeconds } from '../../../support/processor-time.js';

interface ReadEntry {
  readonly name: string;
  readonly size: number;
  data: string;
}

function readAll(pieces: readonly Uint8Array[]): readonly ReadEntry[] {
  const entries: ReadEntry[] = [];
  const reader = new TarReader({
    entry: (entry: TarEntry) => entries.push({ name: displayName(entry.name), size: entry.size, data: '' }),
    data: (bytes) => {
      entries.at(-1)!.data += Buffer.from(bytes).toString('latin1');
    },
    zeros: (count) => {
      entries.at(-1)!.data += '\0'.repeat(count);
    },
  });
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return entries;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

/* Either an answer or a refusal that a user can act on; anything else fails the property. */
async function hashOrRefuse(tar: Uint8Array): Promise<LayerHash | null> {
  try {
    return await computeLayerRootHash(once(tar));
  } catch (cause) {
    assert.ok(cause instanceof CleanroomError, String(cause));
    assert.equal(cause.exitCode, 3);
    return null;
  }
}

describe('tar reader', () => {
  const stored = dmverityVectors()
    .flatMap(({ file }) => (file === undefined ? [] : [readFileSync(join(VECTORS, file))]))
    .filter((tar) => tar.length < 40_000);

  it('reads what tar-stream wrote, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.record({
            name: fc.stringMatching(/^[a-zé日]{1,150}$/),
            data: fc.string({ maxLength: 1500, unit: 'binary' }),
          }),
          { selector: ({ name }) => name, maxLength: 6 },
        ),
        fc.integer({ min: 1, max: 3000 }),
        async (files, pieceSize) => {
          const tar = await tarOf(files);
          const pieces = Array.from({ length: Math.ceil(tar.length / pieceSize) }, (_, index) =>
            tar.subarray(index * pieceSize, (index + 1) * pieceSize),
          );
          assert.deepEqual(
            readAll(pieces).map(({ name, data }) => [name, data]),
            files.map(({ name, data }) => [name, Buffer.from(data).toString('latin1')]),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('X2: answers or refuses whatever bytes of a layer are changed, and never hangs', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...stored),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (original, changes, keepsChecksums) => {
          const tar = Buffer.from(original);
          for (const [at, value] of changes) {
            tar[at % tar.length] = value;
            if (keepsChecksums) repairChecksum(tar, at % tar.length);
          }
          await hashOrRefuse(tar);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('X2: refuses a layer cut anywhere inside an entry', () => {
    const tar = readFileSync(join(VECTORS, 'tars/sizes.tar'));
    for (let length = 700; length < 12_000; length += 333) {
      if (length % 512 === 0) continue;
      const pieces = [tar.subarray(0, length)];
      try {
        readAll(pieces);
      } catch (cause) {
        assert.ok(cause instanceof CleanroomError && cause.code === 'TAR_MALFORMED');
      }
    }
    assert.throws(() => readAll([tar.subarray(0, 1700)]), { code: 'TAR_MALFORMED' });
  });

  it('gives another root hash for any change of a byte of content or of what a header says', async () => {
    const tar = readFileSync(join(VECTORS, 'tars/xattrs.tar'));
    const original = await hashOrRefuse(tar);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: tar.length - 1025 }),
        fc.integer({ min: 0, max: 7 }),
        async (at, bit) => {
          const changed = Buffer.from(tar);
          changed[at] = (changed[at] ?? 0) ^ (1 << bit);
          const hash = await hashOrRefuse(changed);
          /* Padding, owner names and the like are not part of a layer's file system: the diff id covers them. */
          assert.ok(hash === null || hash.diffId !== original?.diffId);
        },
      ),
      { numRuns: 150 },
    );
    const files = (data: string, mode: number): Promise<Buffer> => tarOf([{ name: 'f', data, mode }]);
    const hashes = [await files('a', 0o644), await files('b', 0o644), await files('a', 0o645)];
    const roots = await Promise.all(hashes.map(async (bytes) => (await hashOrRefuse(bytes))?.rootHash));
    assert.equal(new Set(roots).size, 3);
  });

  it('X2: lays out a file of 60 GiB of holes in little time and memory', async function () {
    this.timeout(20_000);
    const started = process.memoryUsage().rss;
    const hash = await hashOrRefuse(sparseTar(60 * 2 ** 30));
    assert.ok(hash !== null && hash.ext4Bytes > 60 * 2 ** 30);
    assert.ok(process.memoryUsage().rss - started < 300e6);
  });

  it('X2: takes a name of 100,000 directories in time and memory that grow with its length only', async function () {
    this.timeout(60_000);
    const path = `path=${'a/'.repeat(100_000)}f`;
    const record = `${String(path.length + 8)} ${path}\n`;
    const padded = Buffer.from(record.padEnd(Math.ceil(record.length / 512) * 512, '\0'));
    const tar = Buffer.concat([
      ...[tarHeader('x', record.length), padded],
      ...[tarHeader('0', 0), Buffer.alloc(1024)],
    ]);
    const resident = process.memoryUsage().rss;
    const seconds = await processorSeconds(async () => {
      const hash = await hashOrRefuse(tar);
      assert.ok(hash !== null && hash.ext4Bytes > 100_000 * 4096);
    });
    assert.ok(seconds < 30, `${seconds} s`);
    assert.ok(process.memoryUsage().rss - resident < 300e6);
  });

  it('X2: refuses a sparse file beyond 128 GiB at once', async () => {
    assert.equal(await hashOrRefuse(sparseTar(2 ** 40)), null);
  });

  it("takes the GNU name where an entry has a PAX name too, as Go's reader does", () => {
    const record = paxRecord('path=from-pax');
    const tar = Buffer.concat([
      ...[tarHeader('x', record.length), Buffer.from(record.padEnd(512, '\0'))],
      ...[tarHeader('L', 9), Buffer.from('from-gnu'.padEnd(512, '\0'))],
      ...[tarHeader('0', 0), Buffer.alloc(1024)],
    ]);
    assert.deepEqual(
      readAll([tar]).map(({ name }) => name),
      ['from-gnu'],
    );
  });

  it('cuts fractions of a second, downwards below zero', () => {
    assert.deepEqual(parsePaxTime('-1.25'), { seconds: -2, nanoseconds: 750_000_000 });
    assert.deepEqual(parsePaxTime('5.1234567899'), { seconds: 5, nanoseconds: 123_456_789 });
    for (const text of ['', '.5', '1.x', '--1', '0x1']) assert.equal(parsePaxTime(text), null);
  });
});

function repairChecksum(tar: Buffer, at: number): void {
  const start = at - (at % 512);
  const header = tar.subarray(start, start + 512);
  if (header.length < 512 || header[0] === 0) return;
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

/* PAX sparse 0.1 with no data at all. */
function sparseTar(size: number): Buffer {
  const records = [
    'GNU.sparse.major=0',
    'GNU.sparse.minor=1',
    'GNU.sparse.numblocks=0',
    `GNU.sparse.size=${size}`,
  ];
  const body = records.map(paxRecord).join('');
  const headers = [tarHeader('x', body.length), Buffer.from(body.padEnd(512, '\0')), tarHeader('0', 0)];
  return Buffer.concat([...headers, Buffer.alloc(1024)]);
}

function paxRecord(text: string): string {
  const length = text.length + 4;
  return `${length >= 100 ? length + 1 : length} ${text}\n`;
}

function tarHeader(type: string, size: number): Buffer {
  const header = Buffer.alloc(512);
  header.write('sparse', 0);
  header.write('0000644\0', 100);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write(type, 156);
  header.write('ustar\x0000', 257, 'latin1');
  repairChecksum(header, 0);
  return header;
}
