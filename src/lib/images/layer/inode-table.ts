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

  /** The 256 bytes of an inode: a view. */
  record(inode: number): Buffer {
    const index = inode - 1;
    const chunk = Math.floor(index / CHUNK_INODES);
    while (this.chunks.length <= chunk) this.chunks.push(Buffer.alloc(CHUNK_INODES * INODE_SIZE));
    const at = (index % CHUNK_INODES) * INODE_SIZE;
    return (this.chunks[chunk] as Buffer).subarray(at, at + INODE_SIZE);
  }

  mode(inode: number): number {
    return this.record(inode).readUInt16LE(AT.mode);
  }

  setMode(inode: number, mode: number): void {
    this.record(inode).writeUInt16LE(mode, AT.mode);
  }

  owner(inode: number): { readonly uid: number; readonly gid: number } {
    const record = this.record(inode);
    return {
      uid: record.readUInt16LE(AT.uidLow) + record.readUInt16LE(AT.uidHigh) * 0x10000,
      gid: record.readUInt16LE(AT.gidLow) + record.readUInt16LE(AT.gidHigh) * 0x10000,
    };
  }

  setOwner(inode: number, uid: number, gid: number): void {
    const record = this.record(inode);
    record.writeUInt16LE(uid & 0xffff, AT.uidLow);
    record.writeUInt16LE(uid >>> 16, AT.uidHigh);
    record.writeUInt16LE(gid & 0xffff, AT.gidLow);
    record.writeUInt16LE(gid >>> 16, AT.gidHigh);
  }

  time(inode: number, field: TimeField): Ext4Time {
    const record = this.record(inode);
    const [low, high] = TIME_FIELDS[field];
    return { low: record.readUInt32LE(low), high: record.readUInt32LE(high) };
  }

  setTime(inode: number, field: TimeField, time: Ext4Time): void {
    const record = this.record(inode);
    const [low, high] = TIME_FIELDS[field];
    record.writeUInt32LE(time.low, low);
    record.writeUInt32LE(time.high, high);
  }

  links(inode: number): number {
    return this.record(inode).readUInt16LE(AT.links);
  }

  addLinks(inode: number, count: number): void {
    this.record(inode).writeUInt16LE((this.links(inode) + count) & 0xffff, AT.links);
  }

  setSize(inode: number, size: number): void {
    const record = this.record(inode);
    record.writeUInt32LE(size % 2 ** 32, AT.sizeLow);
    record.writeUInt32LE(Math.floor(size / 2 ** 32), AT.sizeHigh);
  }

  /** Counted in blocks of 4096 bytes, as the flag HUGE_FILE says. */
  addBlocks(inode: number, count: number): void {
    const record = this.record(inode);
    record.writeUInt32LE((record.readUInt32LE(AT.blocks) + count) >>> 0, AT.blocks);
  }

  flags(inode: number): number {
    return this.record(inode).readUInt32LE(AT.flags);
  }

  setFlags(inode: number, flags: number): void {
    this.record(inode).writeUInt32LE(flags, AT.flags);
  }

  /** Fills i_block: extents, a short symlink target or a device number; the rest is zero. */
  setBlockField(inode: number, content: Uint8Array): void {
    const record = this.record(inode);
    record.fill(0, AT.block, AT.block + BLOCK_FIELD_SIZE);
    record.set(content, AT.block);
  }

  xattrBlock(inode: number): number {
    return this.record(inode).readUInt32LE(AT.xattrBlock);
  }

  setXattrBlock(inode: number, block: number): void {
    this.record(inode).writeUInt32LE(block, AT.xattrBlock);
  }

  /** The area for extended attributes: a view. */
  inlineXattrs(inode: number): Buffer {
    return this.record(inode).subarray(AT.xattrs, AT.xattrs + INLINE_XATTR_AREA);
  }

  private initialise(inode: number): void {
    this.record(inode).writeUInt16LE(AT.xattrs - 128, AT.extraSize);
  }
}
