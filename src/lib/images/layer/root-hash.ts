// A layer's dm-verity root hash from its tar, in one pass: what the guest agent of Azure mounts and a CCE policy pins.

import { createHash } from 'node:crypto';

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { TarReader } from '../tar/reader.js';
import { BlockStream, type ImageOutput } from './block-stream.js';
import { BLOCK_SIZE } from './constants.js';
import { directoriesInOrder, DirectoryWriter } from './directories.js';
import { FileTree } from './file-tree.js';
import { InodeTable } from './inode-table.js';
import { LayerBuilder } from './layer-builder.js';
import { writeTables } from './layout.js';

/** Input is taken in pieces of at most this, so that hashing keeps up with reading. */
const PIECE_SIZE = 1 << 20;

export interface LayerOptions {
  /** Receives the ext4 image; absent: it exists nowhere. */
  readonly output?: ImageOutput;
  /** The diff id, where the source itself compares it at the end; it is then not computed a second time. */
  readonly verifiedDiffId?: Sha256Hex;
}

export interface LayerHash {
  /** dm-verity root hash (SHA-256, 4096-byte blocks, salt of 32 zero bytes). */
  readonly rootHash: Sha256Hex;
  /** SHA-256 of the tar. */
  readonly diffId: Sha256Hex;
  /** Size of the tar. */
  readonly bytes: number;
  /** Size of the ext4 image that the root hash covers. */
  readonly ext4Bytes: number;
}

/**
 * Computes the root hash that `dmverity-vhd` (confcom) computes for a layer, bit for bit. Neither tar nor image is kept.
 *
 * @param tar - the uncompressed layer, in pieces of any size.
 * @throws CleanroomError TAR_MALFORMED, or LAYER_REFUSED for entries that cannot be laid out; both name the entry.
 * @see hcsshim ext4/tar2ext4, ext4/dmverity
 */
export async function computeLayerRootHash(
  tar: AsyncIterable<Uint8Array>,
  options: LayerOptions = {},
): Promise<LayerHash> {
  const blocks = new BlockStream(options.output ?? null);
  try {
    const inodes = new InodeTable();
    const tree = new FileTree();
    const builder = new LayerBuilder(blocks, inodes, tree);
    const reader = new TarReader(builder);
    const diffId = options.verifiedDiffId === undefined ? createHash('sha256') : null;
    let bytes = 0;
    for await (const piece of pieces(tar)) {
      diffId?.update(piece);
      bytes += piece.length;
      reader.push(piece);
      await blocks.drain();
    }
    reader.end();
    builder.finishFile();
    const directories = new DirectoryWriter(blocks, inodes, tree);
    for (const directory of directoriesInOrder(tree)) {
      const startBlock = blocks.block;
      inodes.setSize(directory[0], directories.write(directory));
      builder.finishData(directory[0], startBlock);
      await blocks.drain();
    }
    const imageBlocks = await writeTables(blocks, inodes);
    const root = await blocks.finish();
    return {
      rootHash: root.toString('hex') as Sha256Hex,
      diffId: options.verifiedDiffId ?? (diffId?.digest('hex') as Sha256Hex),
      bytes,
      ext4Bytes: imageBlocks * BLOCK_SIZE,
    };
  } finally {
    await blocks.close();
  }
}

async function* pieces(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of tar) {
    for (let at = 0; at < chunk.length; at += PIECE_SIZE) yield plain(chunk.subarray(at, at + PIECE_SIZE));
  }
}

/* Parts of a Buffer are several times as dear as those of a Uint8Array, and every entry takes some. */
function plain({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
