// The end of the image: inode table and bitmaps behind the data, then descriptors and superblock at its front.

import type { BlockStream } from './block-stream.js';
import {
  BLOCK_SIZE,
  BLOCKS_PER_GROUP,
  DESCRIPTOR_BLOCKS,
  FIRST_INODE,
  GROUP_DESCRIPTOR_SIZE,
  INODE_SIZE,
  INODES_PER_BLOCK,
  MODE,
} from './constants.js';
import type { InodeTable } from './inode-table.js';
import { encodeSuperblock } from './superblock.js';

const BITMAPS_PER_GROUP = 2;
const DESCRIPTORS_PER_BLOCK = BLOCK_SIZE / GROUP_DESCRIPTOR_SIZE;

interface GroupPlan {
  readonly groups: number;
  readonly inodesPerGroup: number;
}

/** Writes everything that follows the directories. @returns the size of the image in blocks. */
export async function writeTables(blocks: BlockStream, inodes: InodeTable): Promise<number> {
  const plan = chooseGroups(blocks.block, inodes.highest);
  const tableStart = blocks.block;
  await writeInodeTable(blocks, inodes, plan);
  const bitmapStart = blocks.block;
  const usedEnd = bitmapStart + BITMAPS_PER_GROUP * plan.groups;
  const size = Math.max(usedEnd, (plan.groups - 1) * BLOCKS_PER_GROUP + 1);
  const descriptors = Buffer.alloc(DESCRIPTOR_BLOCKS * BLOCK_SIZE);
  let freeBlocks = 0;
  let freeInodes = 0;
  for (let group = 0; group < plan.groups; group++) {
    const blockBitmap = buildBlockBitmap(group, plan, usedEnd, size);
    const inodeUse = buildInodeBitmap(group, plan, inodes);
    blocks.write(blockBitmap.bitmap);
    blocks.write(inodeUse.bitmap);
    const at = group * GROUP_DESCRIPTOR_SIZE;
    descriptors.writeUInt32LE(bitmapStart + BITMAPS_PER_GROUP * group, at);
    descriptors.writeUInt32LE(bitmapStart + BITMAPS_PER_GROUP * group + 1, at + 4);
    descriptors.writeUInt32LE(tableStart + group * (plan.inodesPerGroup / INODES_PER_BLOCK), at + 8);
    descriptors.writeUInt16LE(BLOCKS_PER_GROUP - blockBitmap.used, at + 12);
    descriptors.writeUInt16LE(plan.inodesPerGroup - inodeUse.used, at + 14);
    descriptors.writeUInt16LE(inodeUse.directories & 0xffff, at + 16);
    freeBlocks += BLOCKS_PER_GROUP - blockBitmap.used;
    freeInodes += plan.inodesPerGroup - inodeUse.used;
  }
  blocks.writeZeros((size - usedEnd) * BLOCK_SIZE);
  for (let block = 0; block < DESCRIPTOR_BLOCKS; block++)
    blocks.rewrite(1 + block, descriptors.subarray(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE));
  blocks.rewrite(0, encodeSuperblock({ ...plan, blocks: size, freeBlocks, freeInodes }));
  return size;
}

/* The fewest groups that hold the data and the inodes; of several ways the one with the fewest inodes a group. */
function chooseGroups(dataBlocks: number, inodeCount: number): GroupPlan {
  let best: GroupPlan = { groups: Number.POSITIVE_INFINITY, inodesPerGroup: 0 };
  for (
    let inodesPerGroup = INODES_PER_BLOCK;
    inodesPerGroup <= BLOCKS_PER_GROUP;
    inodesPerGroup += INODES_PER_BLOCK
  ) {
    const room = BLOCKS_PER_GROUP - inodesPerGroup / INODES_PER_BLOCK - BITMAPS_PER_GROUP;
    const needed = Math.max(dataBlocks, Math.floor((inodeCount - 1) / inodesPerGroup) * room + 1);
    const groups = Math.ceil(needed / room);
    if (groups < best.groups) best = { groups, inodesPerGroup };
  }
  return best;
}

async function writeInodeTable(blocks: BlockStream, inodes: InodeTable, plan: GroupPlan): Promise<void> {
  for (const piece of inodes.pieces()) {
    blocks.write(piece);
    await blocks.drain();
  }
  blocks.writeZeros((plan.groups * plan.inodesPerGroup - inodes.highest) * INODE_SIZE);
}

interface BlockUse {
  readonly bitmap: Buffer;
  readonly used: number;
}

/* Reserved descriptor blocks that no group needs are free; blocks past the end of the image count as used. */
function buildBlockBitmap(group: number, { groups }: GroupPlan, usedEnd: number, size: number): BlockUse {
  const bitmap = Buffer.alloc(BLOCK_SIZE);
  const first = group * BLOCKS_PER_GROUP;
  let used = setBits(bitmap, 0, Math.min(BLOCKS_PER_GROUP, Math.max(0, usedEnd - first)));
  if (group === 0) {
    const neededDescriptors = Math.floor((groups - 1) / DESCRIPTORS_PER_BLOCK) + 1;
    used -= clearBits(bitmap, neededDescriptors + 1, DESCRIPTOR_BLOCKS + 1);
  }
  const tail = size % BLOCKS_PER_GROUP;
  if (group === groups - 1 && tail !== 0) used += setBits(bitmap, tail, BLOCKS_PER_GROUP);
  return { bitmap, used };
}

interface InodeUse extends BlockUse {
  readonly directories: number;
}

function buildInodeBitmap(group: number, { inodesPerGroup }: GroupPlan, inodes: InodeTable): InodeUse {
  const bitmap = Buffer.alloc(BLOCK_SIZE);
  const first = 1 + group * inodesPerGroup;
  const last = Math.min(inodes.highest, first + inodesPerGroup - 1);
  let directories = 0;
  for (let inode = first; inode <= last; inode++) {
    if ((inodes.mode(inode) & MODE.typeMask) === MODE.directory) directories += 1;
  }
  const reserved = Math.max(last, Math.min(FIRST_INODE - 1, first + inodesPerGroup - 1));
  return { bitmap, used: setBits(bitmap, 0, Math.max(0, reserved - first + 1)), directories };
}

/* @returns how many bits were set. */
function setBits(bitmap: Buffer, from: number, to: number): number {
  const [firstByte, endByte] = [Math.ceil(from / 8), Math.floor(to / 8)];
  if (firstByte < endByte) {
    bitmap.fill(0xff, firstByte, endByte);
    setSingleBits(bitmap, from, firstByte * 8);
    setSingleBits(bitmap, endByte * 8, to);
  } else setSingleBits(bitmap, from, to);
  return Math.max(0, to - from);
}

function setSingleBits(bitmap: Buffer, from: number, to: number): void {
  for (let bit = from; bit < to; bit++) bitmap[bit >> 3] = (bitmap[bit >> 3] ?? 0) | (1 << (bit & 7));
}

function clearBits(bitmap: Buffer, from: number, to: number): number {
  for (let bit = from; bit < to; bit++) bitmap[bit >> 3] = (bitmap[bit >> 3] ?? 0) & ~(1 << (bit & 7));
  return Math.max(0, to - from);
}
