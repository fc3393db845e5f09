// Files *.cleanroom come from other parties: a zip is read only where every reader would see the same in it.

import assert from 'node:assert/strict';
import { deflateRawSync } from 'node:zlib';

import { CleanroomError } from '../../../../src/lib/base/errors.js';
import { looksLikeZip, readZip } from '../../../../src/lib/base/files/zip/read-zip.js';
import { writeZip } from '../../../../src/lib/base/files/zip/write-zip.js';

const RULES = [
  { name: 'a.txt', maxBytes: 1000 },
  { name: 'b.txt', maxBytes: 1000 },
];
const A = Buffer.from('the first member, the first member');
const B = Buffer.from('the second one');
const GOOD = Buffer.from(
  writeZip([
    { name: 'a.txt', bytes: A },
    { name: 'b.txt', bytes: B },
  ]),
);

const END = GOOD.length - 22;
const DIRECTORY = GOOD.readUInt32LE(END + 16);
const SECOND = GOOD.readUInt32LE(DIRECTORY + 46 + 5 + 42);
const SECOND_ENTRY = DIRECTORY + 46 + 5;

/* Changes the copy in place, or gives another file. */
type Change = (zip: Buffer) => unknown;

const u16 =
  (at: number, value: number): Change =>
  (zip) =>
    void zip.writeUInt16LE(value, at);
const u32 =
  (at: number, value: number): Change =>
  (zip) =>
    void zip.writeUInt32LE(value, at);
/* The same field in the local and in the central header of the first member. */
const both16 =
  (field: number, value: number): Change =>
  (zip) => {
    zip.writeUInt16LE(value, 4 + field);
    zip.writeUInt16LE(value, DIRECTORY + 6 + field);
  };
const both32 =
  (field: number, value: number): Change =>
  (zip) => {
    zip.writeUInt32LE(value, 4 + field);
    zip.writeUInt32LE(value, DIRECTORY + 6 + field);
  };
const rename =
  (name: string): Change =>
  (zip) => {
    zip.write(name, 30, 'latin1');
    zip.write(name, DIRECTORY + 46, 'latin1');
  };

const MALFORMED: readonly (readonly [string, Change])[] = [
  ['an empty file', () => Buffer.alloc(0)],
  ['text', () => Buffer.from('card.json is not here, this is a letter')],
  ['an end record alone', (zip) => zip.subarray(END)],
  ['a file cut off in its end record', (zip) => zip.subarray(0, -1)],
  ['a file cut off in its directory', (zip) => zip.subarray(0, DIRECTORY + 20)],
  ['a file cut off in its first member', (zip) => zip.subarray(0, 40)],
  ['a file without its first bytes', (zip) => zip.subarray(1)],
  ['bytes before the first member', (zip) => Buffer.concat([Buffer.from('MZ'), zip])],
  ['bytes after the end', (zip) => Buffer.concat([zip, Buffer.from('\0')])],
  ['a comment', (zip) => Buffer.concat([zip.subarray(0, -2), Buffer.from([1, 0, 65])])],
  ['a comment that is announced only', u16(END + 20, 1)],
  [
    'bytes between members and directory',
    (zip) => Buffer.concat([zip.subarray(0, DIRECTORY), Buffer.from('x'), zip.subarray(DIRECTORY)]),
  ],
  ['a second end record', (zip) => Buffer.concat([zip, zip.subarray(END)])],
  ['several volumes', u16(END + 4, 1)],
  ['a directory on another volume', u16(END + 6, 1)],
  ['fewer members on this volume', u16(END + 8, 1)],
  ['one member announced', (zip) => (zip.writeUInt16LE(1, END + 8), void zip.writeUInt16LE(1, END + 10))],
  ['three members announced', (zip) => (zip.writeUInt16LE(3, END + 8), void zip.writeUInt16LE(3, END + 10))],
  ['a ZIP64 count', (zip) => (zip.writeUInt16LE(0xffff, END + 8), void zip.writeUInt16LE(0xffff, END + 10))],
  ['a ZIP64 offset', u32(END + 16, 0xffffffff)],
  ['a longer directory', u32(END + 12, GOOD.length)],
  ['a directory elsewhere', u32(END + 16, DIRECTORY - 1)],
  ['a damaged local signature', u32(0, 0)],
  ['a damaged central signature', u32(DIRECTORY, 0)],
  ['an offset into another member', u32(DIRECTORY + 42, SECOND)],
  ['an offset past the file', u32(SECOND_ENTRY + 42, 0x7fffffff)],
  ['two members at one place', u32(SECOND_ENTRY + 42, 0)],
  ['a member of another volume', u16(DIRECTORY + 34, 1)],
  ['an extra field in the directory', u16(DIRECTORY + 30, 4)],
  ['a comment on a member', u16(DIRECTORY + 32, 4)],
  ['an extra field in the member only', u16(28, 4)],
  ['encryption', both16(2, 0x0801)],
  ['a data descriptor', both16(2, 0x0808)],
  ['strong encryption', both16(2, 0x0840)],
  ['flags that differ', u16(6, 0)],
  ['a method that differs', u16(8, 0)],
  ['bzip2', both16(4, 12)],
  ['stored, of another length', both16(4, 0)],
  ['a checksum that differs from the directory’s', u32(14, 1)],
  ['a wrong checksum', both32(10, 1)],
  ['a size that differs from the directory’s', u32(22, 1)],
  ['a smaller size than it has', both32(18, A.length - 1)],
  ['a larger size than it has', both32(18, A.length + 1)],
  ['a size over the bound', both32(18, 1001)],
  ['a ZIP64 size', both32(18, 0xffffffff)],
  ['a packed size past the directory', both32(14, 0x7fffffff)],
  ['a packed size of nothing', both32(14, 0)],
  ['deflate data that are none', (zip) => void zip.fill(0xff, 35, SECOND)],
  ['a name that differs from the directory’s', (zip) => void zip.write('c', 30)],
  ['a name that does not belong in it', rename('c.txt')],
  ['a name twice', rename('b.txt')],
  ['a path', rename('../ab')],
  ['an absolute path', rename('/.txt')],
  ['a name with a null', rename('a.tx\0')],
  ['a longer name', both16(22, 6)],
];

/* Files whose records agree with each other in everything but one thing. */
interface Layout {
  /** Bytes before each member, and before the directory. */
  readonly gaps?: readonly [number, number, number];
  /** Bytes behind the last entry of the directory, which counts them. */
  readonly directoryTail?: number;
  /** Members stored as they are. */
  readonly stored?: boolean;
  /** What the first member’s size is said to be. */
  readonly size?: number;
}

function assemble({ gaps = [0, 0, 0], directoryTail = 0, stored = false, size }: Layout): Buffer {
  const members: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [index, [name, bytes]] of [['a.txt', A] as const, ['b.txt', B] as const].entries()) {
    const one = Buffer.from(writeZip([{ name, bytes }]));
    const packed = stored ? bytes : one.subarray(35, one.readUInt32LE(one.length - 6));
    const local = Buffer.concat([one.subarray(0, 35), packed]);
    const entry = Buffer.from(one.subarray(-22 - 51, -22));
    for (const [header, at] of [[local, 4] as const, [entry, 6] as const]) {
      if (stored) header.writeUInt16LE(0, at + 4);
      header.writeUInt32LE(packed.length, at + 14);
      if (index === 0 && size !== undefined) header.writeUInt32LE(size, at + 18);
    }
    const gap = Buffer.alloc(gaps[index] ?? 0, 'x');
    entry.writeUInt32LE(offset + gap.length, 42);
    members.push(gap, local);
    entries.push(entry);
    offset += gap.length + local.length;
  }
  const directory = Buffer.concat([...entries, Buffer.alloc(directoryTail, 'x')]);
  const end = Buffer.from(GOOD.subarray(END));
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset + gaps[2], 16);
  return Buffer.concat([...members, Buffer.alloc(gaps[2], 'x'), directory, end]);
}

const ONE_FAULT: readonly (readonly [string, Layout])[] = [
  ['bytes before the first member', { gaps: [3, 0, 0] }],
  ['bytes between two members', { gaps: [0, 3, 0] }],
  ['bytes before the directory', { gaps: [0, 0, 3] }],
  ['bytes behind the last entry of the directory', { directoryTail: 3 }],
  ['a stored member of another size', { stored: true, size: A.length - 1 }],
];

describe('reading a zip file of another party', () => {
  it('gives the members that were written', () => {
    const members = readZip(GOOD, RULES, 2000);
    assert.deepEqual(
      [...members].map(([name, bytes]) => [name, Buffer.from(bytes).toString()]),
      [
        ['a.txt', A.toString()],
        ['b.txt', B.toString()],
      ],
    );
    assert.ok(looksLikeZip(GOOD));
  });

  it('takes an empty member', () => {
    const zip = writeZip([{ name: 'a.txt', bytes: new Uint8Array() }]);
    assert.equal(readZip(zip, [{ name: 'a.txt', maxBytes: 0 }], 0).get('a.txt')?.length, 0);
  });

  it('takes members that are stored as they are, as other tools write them', () => {
    for (const stored of [true, false]) {
      const members = readZip(assemble({ stored }), RULES, 2000);
      const texts = [...members.values()].map((bytes) => Buffer.from(bytes).toString());
      assert.deepEqual(texts, [A.toString(), B.toString()]);
    }
  });

  it('I37: refuses a file that lacks a member', () => {
    assert.throws(() => readZip(writeZip([{ name: 'a.txt', bytes: A }]), RULES, 2000), isInvalid);
  });

  for (const [what, layout] of ONE_FAULT)
    it(`I37: refuses ${what}, where all records agree with it`, () => {
      assert.throws(() => readZip(assemble(layout), RULES, 2000), isInvalid);
    });

  for (const [what, change] of MALFORMED)
    it(`I37: refuses ${what}`, () => {
      const copy = Buffer.from(GOOD);
      const changed = change(copy);
      assert.throws(() => readZip(Buffer.isBuffer(changed) ? changed : copy, RULES, 2000), isInvalid);
    });

  it('I37: refuses a bomb by the size that it admits, and inflates no more than the size that it claims', () => {
    const bomb = writeZip([{ name: 'a.txt', bytes: new Uint8Array(50_000_000) }]);
    const rules = [{ name: 'a.txt', maxBytes: 1000 }];
    assert.throws(() => readZip(bomb, rules, 100_000_000), isInvalid);
    const liar = Buffer.from(bomb);
    const directory = liar.readUInt32LE(liar.length - 6);
    liar.writeUInt32LE(10, 22);
    liar.writeUInt32LE(10, directory + 24);
    assert.throws(() => readZip(liar, rules, 100_000_000), isInvalid);
  });

  it('I37: refuses members that are too large together', () => {
    assert.throws(() => readZip(GOOD, RULES, A.length + B.length - 1), isInvalid);
  });

  it('I37: refuses data behind the end of a deflate stream', () => {
    const packed = Buffer.concat([deflateRawSync(A), Buffer.from('hidden')]);
    const plain = Buffer.from(writeZip([{ name: 'a.txt', bytes: A }]));
    const was = plain.readUInt32LE(18);
    const grown = Buffer.concat([plain.subarray(0, 35), packed, plain.subarray(35 + was)]);
    const directory = 35 + packed.length;
    for (const at of [18, directory + 20]) grown.writeUInt32LE(packed.length, at);
    grown.writeUInt32LE(directory, grown.length - 6);
    assert.throws(() => readZip(grown, [{ name: 'a.txt', maxBytes: 1000 }], 2000), isInvalid);
  });

  it('I37: refuses every truncation, and every flip of a bit of the headers but time and date', () => {
    for (let length = 0; length < GOOD.length; length++)
      assert.throws(() => readZip(GOOD.subarray(0, length), RULES, 2000), isInvalid);
    const free = new Set([DIRECTORY + 4, DIRECTORY + 5, SECOND_ENTRY + 4, SECOND_ENTRY + 5]);
    for (const entry of [DIRECTORY, SECOND_ENTRY]) for (let at = 36; at < 42; at++) free.add(entry + at);
    for (let at = DIRECTORY; at < GOOD.length; at++) {
      if (free.has(at)) continue;
      for (let bit = 0; bit < 8; bit++) {
        const copy = Buffer.from(GOOD);
        copy[at] = (copy[at] ?? 0) ^ (1 << bit);
        assert.throws(() => readZip(copy, RULES, 2000), isInvalid, `byte ${at}, bit ${bit}`);
      }
    }
  });
});

function isInvalid(error: unknown): boolean {
  return error instanceof CleanroomError && error.code === 'CLEANROOM_FILE_INVALID';
}
