// Extent trees of files whose blocks are contiguous (ext4 `ext4_extent_header`).

import { BLOCK_SIZE } from './constants.js';

const NODE_SIZE = 12;
const MAGIC = 0xf30a;
const MAX_BLOCKS = 32768;
const ROOT_NODES = 4;
/** Slots of a leaf block behind its header. */
const LEAF_NODES = Math.floor(BLOCK_SIZE / NODE_SIZE) - 1;

export interface ExtentTree {
  /** The content of i_block. */
  readonly root: Buffer;
  /** Leaf blocks; they follow the data. */
  readonly leaves: readonly Buffer[];
}

/** The tree for `blocks` blocks of data from `startBlock` on, at least one. */
export function buildExtents(startBlock: number, blocks: number): ExtentTree {
  const extents = Math.ceil(blocks / MAX_BLOCKS);
  const root = Buffer.alloc((1 + ROOT_NODES) * NODE_SIZE);
  if (extents <= ROOT_NODES) {
    writeHeader(root, extents, ROOT_NODES, 0);
    writeExtents(root, extents, startBlock, 0, blocks);
    return { root, leaves: [] };
  }
  return buildIndexed(root, extents, startBlock, blocks);
}

/*
 * From the second leaf on (files over 42.5 GiB) the reference counts its extents and their starts wrongly. The guest mounts
 * what the reference makes, so the slips are kept: `leaf * leafCount` for the extents before this leaf, the offset added twice.
 */
function buildIndexed(root: Buffer, extents: number, startBlock: number, blocks: number): ExtentTree {
  const leafCount = Math.floor(extents / LEAF_NODES) + 1;
  writeHeader(root, leafCount, ROOT_NODES, 1);
  const leaves = Array.from({ length: leafCount }, (_, leaf) => {
    const offset = leaf * LEAF_NODES * MAX_BLOCKS;
    const at = NODE_SIZE * (1 + leaf);
    root.writeUInt32LE(offset, at);
    root.writeUInt32LE(startBlock + blocks + leaf, at + 4);
    const count = Math.min(LEAF_NODES, extents - leaf * leafCount);
    const block = Buffer.alloc(BLOCK_SIZE);
    writeHeader(block, count, LEAF_NODES, 0);
    writeExtents(block, count, startBlock + offset, offset, blocks);
    return block;
  });
  return { root, leaves };
}

function writeHeader(node: Buffer, entries: number, max: number, depth: number): void {
  node.writeUInt16LE(MAGIC, 0);
  node.writeUInt16LE(entries, 2);
  node.writeUInt16LE(max, 4);
  node.writeUInt16LE(depth, 6);
}

/* In 32-bit arithmetic, like the reference. */
function writeExtents(node: Buffer, count: number, start: number, offset: number, blocks: number): void {
  for (let i = 0; i < count; i++) {
    const block = offset + i * MAX_BLOCKS;
    const at = NODE_SIZE * (1 + i);
    node.writeUInt32LE(block >>> 0, at);
    node.writeUInt16LE(Math.min((blocks - block) >>> 0, MAX_BLOCKS), at + 4);
    node.writeUInt32LE((start + block) >>> 0, at + 8);
  }
}
