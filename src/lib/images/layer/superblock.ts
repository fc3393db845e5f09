// The superblock (ext4 `ext4_super_block`), at byte 1024 of the first block. Nothing in it varies but counts.

import { BLOCK_SIZE, BLOCKS_PER_GROUP, FIRST_INODE, INODE_SIZE } from './constants.js';

const SUPERBLOCK_AT = 1024;

/* EXT_ATTR, SPARSE_SUPER2. */
const COMPATIBLE = 0x208;
/* FILETYPE, EXTENTS, FLEX_BG. */
const INCOMPATIBLE = 0x242;
/* LARGE_FILE, HUGE_FILE, EXTRA_ISIZE, READONLY. */
const READ_ONLY_COMPATIBLE = 0x104a;

export interface SuperblockCounts {
  readonly groups: number;
  readonly inodesPerGroup: number;
  readonly blocks: number;
  readonly freeBlocks: number;
  readonly freeInodes: number;
}

/** Block 0 of the image. */
export function encodeSuperblock(counts: SuperblockCounts): Buffer {
  const block = Buffer.alloc(BLOCK_SIZE);
  const u32 = (value: number, at: number): number => block.writeUInt32LE(value, SUPERBLOCK_AT + at);
  const u16 = (value: number, at: number): number => block.writeUInt16LE(value, SUPERBLOCK_AT + at);
  u32(counts.groups * counts.inodesPerGroup, 0x00);
  u32(counts.blocks, 0x04);
  u32(counts.freeBlocks, 0x0c);
  u32(counts.freeInodes, 0x10);
  u32(2, 0x18); // s_log_block_size: 4096
  u32(2, 0x1c); // s_log_cluster_size
  u32(BLOCKS_PER_GROUP, 0x20);
  u32(BLOCKS_PER_GROUP, 0x24);
  u32(counts.inodesPerGroup, 0x28);
  u16(0xef53, 0x38); // s_magic
  u16(1, 0x3a); // s_state: clean
  u16(1, 0x3c); // s_errors: continue
  u32(1, 0x4c); // s_rev_level: dynamic inode size
  u32(FIRST_INODE, 0x54);
  u16(INODE_SIZE, 0x58);
  u32(COMPATIBLE, 0x5c);
  u32(INCOMPATIBLE, 0x60);
  u32(READ_ONLY_COMPATIBLE, 0x64);
  u16(24, 0x15c); // s_min_extra_isize
  u16(24, 0x15e); // s_want_extra_isize
  block[SUPERBLOCK_AT + 0x174] = 31; // s_log_groups_per_flex
  u32(FIRST_INODE, 0x268); // s_lpf_ino: lost+found
  return block;
}
