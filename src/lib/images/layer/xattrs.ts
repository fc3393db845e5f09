// Extended attributes of an inode: 100 bytes inside it, then one block of its own (ext4 `ext4_xattr_entry`).

import { BLOCK_SIZE } from './constants.js';
import { sortAsGo } from './go-sort.js';

/** Full name (a byte string, `user.x`) to value. */
export type Xattrs = ReadonlyMap<string, Uint8Array>;

/** Bytes of the inode behind its fields: magic number, then entries. */
export const INLINE_XATTR_AREA = 104;

const MAGIC = 0xea020000;
const INLINE_START = 4;
const INLINE_ROOM = INLINE_XATTR_AREA - 8;
const BLOCK_START = 32;
/* Of an entry, before its name. */
const ENTRY_HEADER = 16;
const LONGEST_READ_NAME = 0xff - ENTRY_HEADER;
const BLOCK_ROOM = BLOCK_SIZE - BLOCK_START - 4;

/* First match wins; the stored name is what follows the prefix. */
const PREFIXES: readonly (readonly [index: number, prefix: string])[] = [
  [2, 'system.posix_acl_access'],
  [3, 'system.posix_acl_default'],
  [8, 'system.richacl'],
  [7, 'system.'],
  [1, 'user.'],
  [4, 'trusted.'],
  [6, 'security.'],
];

interface StoredXattr {
  readonly index: number;
  readonly name: string;
  readonly value: Uint8Array;
}

export interface XattrLayout {
  /** INLINE_XATTR_AREA bytes, or null where no attribute stands in the inode. */
  readonly inline: Buffer | null;
  /** Attributes that go to the block, in the order of the block. */
  readonly block: readonly StoredXattr[];
}

/**
 * Divides attributes between inode and block.
 *
 * @returns the layout, or a string that says why there is none.
 */
export function layOutXattrs(xattrs: Xattrs): XattrLayout | string {
  const inline: StoredXattr[] = [];
  const block: StoredXattr[] = [];
  let inlineLeft = INLINE_ROOM;
  let blockLeft = BLOCK_ROOM;
  for (const name of [...xattrs.keys()].sort(compareBytes)) {
    const stored = compress(name, xattrs.get(name) ?? new Uint8Array());
    const needed = entryLength(stored) + valueLength(stored);
    if (needed <= inlineLeft) {
      inline.push(stored);
      inlineLeft -= needed;
    } else if (needed <= blockLeft) {
      block.push(stored);
      blockLeft -= needed;
    } else return `the extended attribute ${JSON.stringify(name)} does not fit`;
  }
  const sorted = sortAsGo(block, isBefore);
  if (sorted === null)
    return `the reference orders its ${block.length} extended attributes differently from release to release`;
  return { inline: inline.length === 0 ? null : encodeInline(inline), block: sorted };
}

/** The block for `attributes`; also for none, where an inode that had a block lost them. */
export function encodeXattrBlock(attributes: readonly StoredXattr[]): Buffer {
  const block = Buffer.alloc(BLOCK_SIZE);
  block.writeUInt32LE(MAGIC, 0);
  block.writeUInt32LE(1, 4);
  block.writeUInt32LE(1, 8);
  putXattrs(block.subarray(BLOCK_START), attributes, BLOCK_START);
  return block;
}

/** Whether an inline area was written: it may hold attributes that nobody reads back. */
export function hasInlineXattrs(area: Buffer): boolean {
  return area.readUInt32LE(0) === MAGIC;
}

/** Attributes of an inline area, copied. */
export function readInlineXattrs(area: Buffer): Map<string, Uint8Array> {
  if (!hasInlineXattrs(area)) return new Map<string, Uint8Array>();
  return getXattrs(area.subarray(INLINE_START), 0) ?? new Map<string, Uint8Array>();
}

/** Attributes of a block made by `encodeXattrBlock`, copied; null where the reference cannot read them back. */
export function readBlockXattrs(block: Buffer): Map<string, Uint8Array> | null {
  return getXattrs(block.subarray(BLOCK_START), BLOCK_START);
}

function encodeInline(attributes: readonly StoredXattr[]): Buffer {
  const area = Buffer.alloc(INLINE_XATTR_AREA);
  area.writeUInt32LE(MAGIC, 0);
  putXattrs(area.subarray(INLINE_START), attributes, 0);
  return area;
}

/* Entries grow from the front, values from the back. */
function putXattrs(area: Buffer, attributes: readonly StoredXattr[], offsetDelta: number): void {
  let at = 0;
  let end = area.length;
  for (const attribute of attributes) {
    end -= valueLength(attribute);
    area[at] = attribute.name.length;
    area[at + 1] = attribute.index;
    area.writeUInt16LE(end + offsetDelta, at + 2);
    area.writeUInt32LE(attribute.value.length, at + 8);
    area.writeUInt32LE(hashXattr(attribute), at + 12);
    area.write(attribute.name, at + ENTRY_HEADER, 'latin1');
    area.set(attribute.value, end);
    at += entryLength(attribute);
  }
}

/*
 * Stops at the first empty stored name, as the reference does: an ACL hides what stands behind it. Null where the reference
 * panics: it adds 16 to the length of a name in eight bits, and lengths of more than 255 are stored without their high bits.
 */
function getXattrs(area: Buffer, offsetDelta: number): Map<string, Uint8Array> | null {
  const xattrs = new Map<string, Uint8Array>();
  for (let at = 0; at < area.length && area[at] !== 0;) {
    if (at + ENTRY_HEADER > area.length) return null;
    const nameLength = area[at] ?? 0;
    const next = at + ENTRY_HEADER + roundUp4(nameLength);
    const start = (area.readUInt16LE(at + 2) - offsetDelta) & 0xffff;
    const end = (start + area.readUInt32LE(at + 8)) >>> 0;
    if (nameLength > LONGEST_READ_NAME || next > area.length || start > end || end > area.length) return null;
    const name = area.toString('latin1', at + ENTRY_HEADER, at + ENTRY_HEADER + nameLength);
    xattrs.set(decompress(area[at + 1] ?? 0, name), Buffer.from(area.subarray(start, end)));
    at = next;
  }
  return xattrs;
}

function compress(fullName: string, value: Uint8Array): StoredXattr {
  const known = PREFIXES.find(([, prefix]) => fullName.startsWith(prefix));
  if (known === undefined) return { index: 0, name: fullName, value };
  const [index, prefix] = known;
  return { index, name: fullName.slice(prefix.length), value };
}

function decompress(index: number, name: string): string {
  return (PREFIXES.find(([known]) => known === index)?.[1] ?? '') + name;
}

/* The reference's comparison; it is no total order. */
function isBefore(a: StoredXattr, b: StoredXattr): boolean {
  return a.index < b.index || a.name.length < b.name.length || a.name < b.name;
}

function hashXattr({ name, value }: StoredXattr): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (hash << 5) ^ (hash >>> 27) ^ name.charCodeAt(i);
  const padded = Buffer.alloc(roundUp4(value.length));
  padded.set(value);
  for (let i = 0; i < padded.length; i += 4) hash = (hash << 16) ^ (hash >>> 16) ^ padded.readUInt32LE(i);
  return hash >>> 0;
}

function entryLength({ name }: StoredXattr): number {
  return ENTRY_HEADER + roundUp4(name.length);
}

function valueLength({ value }: StoredXattr): number {
  return roundUp4(value.length);
}

function roundUp4(length: number): number {
  return (length + 3) & ~3;
}

function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
