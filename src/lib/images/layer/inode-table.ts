// Inodes, kept in the very bytes that are written out: 256 each (ext4 `struct ext4_inode`), in the order of their numbers.

import { FIRST_INODE, INODE_SIZE, ROOT_INODE } from './constants.js';
import type { Ext4Time } from './ext4-time.js';
import { INLINE_XATTR_AREA } from './xattrs.js';

const CHUNK_INODES = 4096;

/* Offsets inside an inode. */
const AT = {
  mode: 0,
  uidLow: 2,
  sizeLow: 4,
  accessed: 8,
  changed: 12,
  modified: 16,
  gidLow: 24,
  links: 26,
  blocks: 28,
  flags: 32,
  block: 40,
  xattrBlock: 104,
  sizeHigh: 108,
  uidHigh: 120,
  gidHigh: 122,
  extraSize: 128,
  changedExtra: 132,
  modifiedExtra: 136,
  accessedExtra: 140,
  created: 144,
  createdExtra: 148,
  xattrs: 152,
} as const;

const TIME_FIELDS = {
  accessed: [AT.accessed, AT.accessedExtra],
  changed: [AT.changed, AT.changedExtra],
  modified: [AT.modified, AT.modifiedExtra],
  created: [AT.created, AT.createdExtra],
} as const;

export type TimeField = keyof typeof TIME_FIELDS;

/* Bytes of i_block. */
const BLOCK_FIELD_SIZE = 60;

/** All inodes of a layer. Numbers begin at 1; 1 and 3 to 10 exist as zeros only. */
export class InodeTable {
  private readonly chunks: Buffer[] = [];
  private last = FIRST_INODE - 1;

  constructor() {
    this.initialise(ROOT_INODE);
  }

  /** The highest number given out. */
  get highest(): number {
    return this.last;
  }

  /** Makes the next inode: no links, no data. */
  allocate(): number {
    this.last += 1;
    this.initialise(this.last);
    return this.last;
  }

  /** The bytes of all inodes in order, in pieces: views. */
  *pieces(): Generator<Buffer> {
    for (const [index, chunk] of this.chunks.entries())
      yield chunk.subarray(0, (this.last - index * CHUNK_INODES) * INODE_SIZE);
  }

  mode(inode: number): number {
    return this.chunk(inode).readUInt16LE(at(inode, AT.mode));
  }

  setMode(inode: number, mode: number): void {
    this.chunk(inode).writeUInt16LE(mode, at(inode, AT.mode));
  }

  owner(inode: number): { readonly uid: number; readonly gid: number } {
    const [chunk, start] = [this.chunk(inode), at(inode, 0)];
    return {
      uid: chunk.readUInt16LE(start + AT.uidLow) + chunk.readUInt16LE(start + AT.uidHigh) * 0x10000,
      gid: chunk.readUInt16LE(start + AT.gidLow) + chunk.readUInt16LE(start + AT.gidHigh) * 0x10000,
    };
  }

  setOwner(inode: number, uid: number, gid: number): void {
    const [chunk, start] = [this.chunk(inode), at(inode, 0)];
    chunk.writeUInt16LE(uid & 0xffff, start + AT.uidLow);
    chunk.writeUInt16LE(uid >>> 16, start + AT.uidHigh);
    chunk.writeUInt16LE(gid & 0xffff, start + AT.gidLow);
    chunk.writeUInt16LE(gid >>> 16, start + AT.gidHigh);
  }

  time(inode: number, field: TimeField): Ext4Time {
    const [low, high] = TIME_FIELDS[field];
    return { low: this.word(inode, low), high: this.word(inode, high) };
  }

  setTime(inode: number, field: TimeField, time: Ext4Time): void {
    const [low, high] = TIME_FIELDS[field];
    this.setWord(inode, low, time.low);
    this.setWord(inode, high, time.high);
  }

  links(inode: number): number {
    return this.chunk(inode).readUInt16LE(at(inode, AT.links));
  }

  addLinks(inode: number, count: number): void {
    this.chunk(inode).writeUInt16LE((this.links(inode) + count) & 0xffff, at(inode, AT.links));
  }

  setSize(inode: number, size: number): void {
    this.setWord(inode, AT.sizeLow, size % 2 ** 32);
    this.setWord(inode, AT.sizeHigh, Math.floor(size / 2 ** 32));
  }

  /** Counted in blocks of 4096 bytes, as the flag HUGE_FILE says. */
  addBlocks(inode: number, count: number): void {
    this.setWord(inode, AT.blocks, (this.word(inode, AT.blocks) + count) >>> 0);
  }

  flags(inode: number): number {
    return this.word(inode, AT.flags);
  }

  setFlags(inode: number, flags: number): void {
    this.setWord(inode, AT.flags, flags);
  }

  /** Fills i_block: extents, a short symlink target or a device number; null and the rest: zero. */
  setBlockField(inode: number, content: Uint8Array | null): void {
    const [chunk, start] = [this.chunk(inode), at(inode, AT.block)];
    chunk.fill(0, start, start + BLOCK_FIELD_SIZE);
    if (content !== null) chunk.set(content, start);
  }

  xattrBlock(inode: number): number {
    return this.word(inode, AT.xattrBlock);
  }

  setXattrBlock(inode: number, block: number): void {
    this.setWord(inode, AT.xattrBlock, block);
  }

  /** The area for extended attributes: a view. */
  inlineXattrs(inode: number): Buffer {
    const start = at(inode, AT.xattrs);
    return this.chunk(inode).subarray(start, start + INLINE_XATTR_AREA);
  }

  private word(inode: number, field: number): number {
    return this.chunk(inode).readUInt32LE(at(inode, field));
  }

  private setWord(inode: number, field: number, value: number): void {
    this.chunk(inode).writeUInt32LE(value, at(inode, field));
  }

  private chunk(inode: number): Buffer {
    return this.chunks[Math.floor((inode - 1) / CHUNK_INODES)] as Buffer;
  }

  private initialise(inode: number): void {
    if ((inode - 1) / CHUNK_INODES >= this.chunks.length)
      this.chunks.push(Buffer.alloc(CHUNK_INODES * INODE_SIZE));
    this.chunk(inode).writeUInt16LE(AT.xattrs - 128, at(inode, AT.extraSize));
  }
}

/* Where a field stands in its chunk. A view for each inode would be garbage: a layer has hundreds of thousands. */
function at(inode: number, field: number): number {
  return ((inode - 1) % CHUNK_INODES) * INODE_SIZE + field;
}
