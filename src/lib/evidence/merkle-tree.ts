// Merkle tree of an append-only log: hashes, inclusion and consistency proofs. RFC 9162 §2.1.

import { concatBytes, equalBytes } from '../base/bytes/arrays.js';
import { sha256 } from '../base/bytes/digest.js';

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

/** Hash of one entry (§2.1.1): SHA-256(0x00 || entry). */
export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(concatBytes(LEAF_PREFIX, entry));
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE_PREFIX, left, right));
}

/** Root of the tree over `leaves` (§2.1.1); the root of no leaves is SHA-256 of nothing. */
export function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return only;
  const split = splitPoint(leaves.length);
  return nodeHash(treeRoot(leaves.slice(0, split)), treeRoot(leaves.slice(split)));
}

/**
 * Audit path of leaf `index` in the tree over `leaves` (§2.1.3.1).
 *
 * @throws RangeError if there is no such leaf.
 */
export function inclusionProof(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError('no such leaf');
  if (leaves.length === 1) return [];
  const split = splitPoint(leaves.length);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  return index < split
    ? [...inclusionProof(left, index), treeRoot(right)]
    : [...inclusionProof(right, index - split), treeRoot(left)];
}

export interface InclusionClaim {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Whether `path` proves that the leaf stands at `index` of the tree of `size` leaves with `root` (§2.1.3.2). */
export function verifyInclusion(
  { leaf, index, size, root }: InclusionClaim,
  path: readonly Uint8Array[],
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(hash, root);
}

/**
 * Proof that the tree over `leaves` continues the tree over its first `earlierSize` leaves (§2.1.4.1).
 *
 * @throws RangeError if `earlierSize` is not from 1 to the number of leaves.
 */
export function consistencyProof(leaves: readonly Uint8Array[], earlierSize: number): readonly Uint8Array[] {
  if (!Number.isInteger(earlierSize) || earlierSize < 1 || earlierSize > leaves.length) {
    throw new RangeError('no such earlier tree');
  }
  return earlierSize === leaves.length ? [] : subProof(leaves, earlierSize, true);
}

function subProof(
  leaves: readonly Uint8Array[],
  earlierSize: number,
  complete: boolean,
): readonly Uint8Array[] {
  if (earlierSize === leaves.length) return complete ? [] : [treeRoot(leaves)];
  const split = splitPoint(leaves.length);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  return earlierSize <= split
    ? [...subProof(left, earlierSize, complete), treeRoot(right)]
    : [...subProof(right, earlierSize - split, false), treeRoot(left)];
}

export interface TreeState {
  readonly size: number;
  readonly root: Uint8Array;
}

/** Whether `path` proves that the tree `later` continues the tree `earlier` (§2.1.4.2). */
export function verifyConsistency(
  earlier: TreeState,
  later: TreeState,
  path: readonly Uint8Array[],
): boolean {
  if (!isTreeSize(earlier.size) || !isTreeSize(later.size) || earlier.size > later.size) return false;
  if (earlier.size === later.size) return path.length === 0 && equalBytes(earlier.root, later.root);
  if (earlier.size === 0) return path.length === 0;
  const nodes = isPowerOfTwo(earlier.size) ? [earlier.root, ...path] : [...path];
  const [first, ...rest] = nodes;
  if (first === undefined) return false;
  let node = earlier.size - 1;
  let last = later.size - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  let earlierHash = first;
  let laterHash = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      earlierHash = nodeHash(sibling, earlierHash);
      laterHash = nodeHash(sibling, laterHash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      laterHash = nodeHash(laterHash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(earlierHash, earlier.root) && equalBytes(laterHash, later.root);
}

/** Largest power of two smaller than `size`, for size of 2 and more. */
function splitPoint(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

function isPowerOfTwo(size: number): boolean {
  return Number.isInteger(Math.log2(size));
}

function isTreeSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}
