import assert from 'node:assert/strict';

import fc from 'fast-check';

import {
  consistencyProof,
  inclusionProof,
  leafHash,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/lib/evidence/merkle-tree.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { fromHex, toHex } from '../../../src/lib/base/bytes/hex.js';

/* The entries and roots of the Certificate Transparency reference tests (RFC 6962/9162 hashing). */
const ENTRIES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => leafHash(utf8(`entry ${index}`)));

describe('the Merkle tree of a log', () => {
  it('has the published roots of the reference entries', () => {
    const leaves = ENTRIES.map((hex) => leafHash(fromHex(hex)!));
    assert.deepEqual(
      ROOTS.map((_, index) => toHex(treeRoot(leaves.slice(0, index + 1)))),
      ROOTS,
    );
  });

  it('proves every leaf of every tree up to 33 leaves, and no other leaf or place', () => {
    for (let size = 1; size <= 33; size++) {
      const leaves = leavesOf(size);
      const root = treeRoot(leaves);
      for (let index = 0; index < size; index++) {
        const path = inclusionProof(leaves, index);
        assert.ok(verifyInclusion({ leaf: leaves[index]!, index, size, root }, path));
        assert.ok(!verifyInclusion({ leaf: leafHash(utf8('other')), index, size, root }, path));
        if (size > 1)
          assert.ok(!verifyInclusion({ leaf: leaves[index]!, index: (index + 1) % size, size, root }, path));
      }
    }
  });

  it('proves every earlier tree of every tree up to 33 leaves', () => {
    for (let size = 1; size <= 33; size++) {
      const leaves = leavesOf(size);
      const later = { size, root: treeRoot(leaves) };
      for (let earlierSize = 1; earlierSize <= size; earlierSize++) {
        const earlier = { size: earlierSize, root: treeRoot(leaves.slice(0, earlierSize)) };
        assert.ok(
          verifyConsistency(earlier, later, consistencyProof(leaves, earlierSize)),
          `${earlierSize} of ${size}`,
        );
      }
    }
  });

  it('finds any leaf that was removed, changed or moved since an earlier head', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.nat(),
        fc.nat(),
        fc.constantFrom('remove', 'change', 'swap'),
        (size, seed, more, kind) => {
          const honest = leavesOf(size);
          const earlier = { size, root: treeRoot(honest) };
          const forged = [...honest];
          const at = seed % size;
          if (kind === 'remove') forged.splice(at, 1);
          if (kind === 'change') forged[at] = leafHash(utf8('changed'));
          if (kind === 'swap')
            [forged[at], forged[(at + 1) % size]] = [forged[(at + 1) % size]!, forged[at]!];
          forged.push(...leavesOf((more % 5) + 2).map((leaf) => leafHash(leaf)));
          const later = { size: forged.length, root: treeRoot(forged) };
          assert.ok(
            !verifyConsistency(earlier, later, consistencyProof(forged, Math.min(size, forged.length))),
          );
        },
      ),
    );
  });

  it('refuses proofs that are cut, extended or bent by one bit', () => {
    const leaves = leavesOf(13);
    const claim = { leaf: leaves[6]!, index: 6, size: 13, root: treeRoot(leaves) };
    const path = inclusionProof(leaves, 6);
    assert.ok(!verifyInclusion(claim, path.slice(1)));
    assert.ok(!verifyInclusion(claim, [...path, path[0]!]));
    const bent = path.map((node) => Uint8Array.from(node));
    bent[1]![0]! ^= 1;
    assert.ok(!verifyInclusion(claim, bent));
  });

  it('does not let a cut tail pass as the continuation of a longer log', () => {
    const leaves = leavesOf(9);
    const long = { size: 9, root: treeRoot(leaves) };
    const cut = { size: 8, root: treeRoot(leaves.slice(0, 8)) };
    assert.ok(!verifyConsistency(long, cut, []));
  });
});
