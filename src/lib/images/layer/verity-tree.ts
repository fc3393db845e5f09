// dm-verity hash tree (Linux kernel, admin-guide/device-mapper/verity): SHA-256, 4096-byte blocks, salt of 32 zero bytes in front.

import { hash } from 'node:crypto';

import { BLOCK_SIZE } from './constants.js';

export const DIGEST_SIZE = 32;
export const SALT_SIZE = 32;
/** A salted block: the salt, then the data. */
export const SALTED_SIZE = SALT_SIZE + BLOCK_SIZE;

/** Digests that one block of the tree holds. */
const FAN_OUT = BLOCK_SIZE / DIGEST_SIZE;

/** Writes the digest of a salted block into `target`; the one-shot call is twice as quick as a Hash object. */
export function digestSalted(salted: Uint8Array, target: Buffer, offset: number): void {
  target.write(hash('sha256', salted, 'binary'), offset, DIGEST_SIZE, 'latin1');
}

interface LeafGroup {
  /** A salted block of the tree's lowest level. */
  readonly salted: Buffer;
  /** Leaves that are still to come. */
  missing: number;
}

/**
 * The tree over an image whose blocks become known in any order. Of each group of 128 leaves only the digest is kept once
 * all are there, unless one of them is pinned.
 */
export class VerityTree {
  private readonly open = new Map<number, LeafGroup>();
  private readonly pinned = new Set<number>();
  private groups = new DigestList();
  private leafCount = 0;
  private zeroLeaf: Buffer | undefined;

  /** Keeps the group of `block` open until the end, because the block will be set again. */
  pin(block: number): void {
    this.pinned.add(Math.floor(block / FAN_OUT));
  }

  /** Sets the digests of consecutive blocks from `first` on; each block once, a pinned one any number of times. */
  setLeaves(first: number, digests: Buffer): void {
    const count = digests.length / DIGEST_SIZE;
    for (let done = 0; done < count;) {
      const block = first + done;
      const slot = block % FAN_OUT;
      const part = Math.min(FAN_OUT - slot, count - done);
      const from = done * DIGEST_SIZE;
      this.setInGroup(Math.floor(block / FAN_OUT), slot, digests.subarray(from, from + part * DIGEST_SIZE));
      done += part;
    }
    this.leafCount = Math.max(this.leafCount, first + count);
  }

  /** Sets `count` blocks of zeros, in memory that does not grow with them. */
  setZeroLeaves(first: number, count: number): void {
    this.zeroLeaf ??= digestOf(Buffer.alloc(SALTED_SIZE));
    const all = Buffer.alloc(BLOCK_SIZE);
    for (let i = 0; i < FAN_OUT; i++) this.zeroLeaf.copy(all, i * DIGEST_SIZE);
    for (let done = 0; done < count;) {
      const part = Math.min(FAN_OUT - ((first + done) % FAN_OUT), count - done);
      this.setLeaves(first + done, all.subarray(0, part * DIGEST_SIZE));
      done += part;
    }
  }

  /** The root hash; no more leaves can follow. Blocks that were never set are counted as a bug of the caller. */
  root(): Buffer {
    for (const [group, { salted }] of this.open) this.groups.set(group, digestOf(salted));
    this.open.clear();
    let level = this.groups.bytes(Math.ceil(this.leafCount / FAN_OUT));
    while (level.length > DIGEST_SIZE) level = digestLevel(level);
    return level;
  }

  private setInGroup(group: number, slot: number, digests: Buffer): void {
    let leaves = this.open.get(group);
    if (leaves === undefined) {
      leaves = { salted: Buffer.alloc(SALTED_SIZE), missing: FAN_OUT };
      this.open.set(group, leaves);
    }
    digests.copy(leaves.salted, SALT_SIZE + slot * DIGEST_SIZE);
    leaves.missing -= digests.length / DIGEST_SIZE;
    if (leaves.missing > 0 || this.pinned.has(group)) return;
    this.groups.set(group, digestOf(leaves.salted));
    this.open.delete(group);
  }
}

/* The level above `level`: the digest of each of its blocks, the last one filled up with zeros. */
function digestLevel(level: Buffer): Buffer {
  const blocks = Math.ceil(level.length / BLOCK_SIZE);
  const above = Buffer.alloc(blocks * DIGEST_SIZE);
  for (let block = 0; block < blocks; block++) {
    const salted = Buffer.alloc(SALTED_SIZE);
    level.copy(salted, SALT_SIZE, block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE);
    digestSalted(salted, above, block * DIGEST_SIZE);
  }
  return above;
}

function digestOf(salted: Buffer): Buffer {
  const digest = Buffer.alloc(DIGEST_SIZE);
  digestSalted(salted, digest, 0);
  return digest;
}

/* A growing array of digests. */
class DigestList {
  private storage = Buffer.alloc(1024 * DIGEST_SIZE);

  set(index: number, digest: Buffer): void {
    const needed = (index + 1) * DIGEST_SIZE;
    if (needed > this.storage.length) {
      const grown = Buffer.alloc(Math.max(needed, 2 * this.storage.length));
      this.storage.copy(grown);
      this.storage = grown;
    }
    digest.copy(this.storage, index * DIGEST_SIZE);
  }

  bytes(count: number): Buffer {
    return this.storage.subarray(0, count * DIGEST_SIZE);
  }
}
