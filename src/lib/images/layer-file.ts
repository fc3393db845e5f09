// A layer in a file of its own, compressed or not: `policy layer`.

import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';

import type { Sha256Hex } from '../base/bytes/digest.js';
import { CleanroomError } from '../base/errors.js';
import { fileError } from '../base/files/read-bounded.js';
import { replaceFile } from '../base/files/replace-file.js';
import { decompress } from './archive/decompress.js';
import type { LayerCache } from './layer-cache.js';
import { BLOCK_SIZE } from './layer/constants.js';
import { computeLayerRootHash, type LayerHash } from './layer/root-hash.js';

const READ_SIZE = 1 << 20;

export interface LayerFileOptions {
  /** Absent: nothing is looked up or kept. */
  readonly cache?: LayerCache;
  /** Where the ext4 image is written; then the layer is always converted. */
  readonly ext4Path?: string;
}

/**
 * The root hash of a layer file: a tar, or one compressed with gzip or zstd. With a cache a file of a size that is known there is
 * hashed first, and converted only where its diff id is not known.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_EMPTY, LAYER_UNPACKABLE, TAR_MALFORMED, LAYER_REFUSED
 */
export async function hashLayerFile(path: string, options: LayerFileOptions = {}): Promise<LayerHash> {
  const { cache, ext4Path } = options;
  const stats = await stat(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  if (stats.isFile() && stats.size === 0) throw new CleanroomError('FILE_EMPTY', `${path} is empty`);
  /* Only a regular file can be read twice. */
  const known =
    cache === undefined || ext4Path !== undefined || !stats.isFile()
      ? null
      : await lookUp(path, stats.size, cache);
  if (known !== null) return known;
  return hashLayerStream(readFile(path), path, options, stats.isFile() ? stats.size : undefined);
}

/** The root hash of a layer that is read once, from a pipe; kept in the cache for the next time. @throws as hashLayerFile */
export async function hashLayerStream(
  stored: AsyncIterable<Uint8Array>,
  what: string,
  { cache, ext4Path }: LayerFileOptions = {},
  storedSize?: number,
): Promise<LayerHash> {
  const tar = decompress(stored, what);
  const hash = ext4Path === undefined ? await computeLayerRootHash(tar) : await writeExt4(tar, ext4Path);
  if (hash.bytes === 0) throw new CleanroomError('FILE_EMPTY', `${what} is empty`);
  await cache?.store(hash, storedSize);
  return hash;
}

async function lookUp(path: string, size: number, cache: LayerCache): Promise<LayerHash | null> {
  if (!(await cache.mayHold(size))) return null;
  const diffId = createHash('sha256');
  for await (const chunk of decompress(readFile(path), path)) diffId.update(chunk);
  return cache.find(diffId.digest('hex') as Sha256Hex);
}

async function writeExt4(tar: AsyncIterable<Uint8Array>, path: string): Promise<LayerHash> {
  let hash: LayerHash | undefined;
  await replaceFile(path, async (temporary) => {
    const file = await open(temporary, 'wx', 0o644);
    try {
      hash = await computeLayerRootHash(tar, {
        output: { write: (block, blocks) => writeAt(file.fd, block * BLOCK_SIZE, blocks) },
      });
      await file.truncate(hash.ext4Bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  });
  if (hash === undefined) throw new CleanroomError('INTERNAL', 'the image was not written');
  return hash;
}

function writeAt(fd: number, position: number, blocks: readonly Uint8Array[]): void {
  let rest = Buffer.concat(blocks);
  for (let at = position; rest.length > 0;) {
    const written = writeSync(fd, rest, 0, rest.length, at);
    at += written;
    rest = rest.subarray(written);
  }
}

/* Two buffers in turn, so that reading leaves nothing to be collected: a piece is valid until the one after the next. */
async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  const buffers = [Buffer.allocUnsafe(READ_SIZE), Buffer.allocUnsafe(READ_SIZE)];
  try {
    const file = await open(path, 'r');
    try {
      for (let turn = 0; ; turn ^= 1) {
        const { bytesRead, buffer } = await file.read(buffers[turn] as Buffer, 0, READ_SIZE, null);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fileError(path, cause);
  }
}
