// Root hashes that were computed before, by diff id. A root hash is a function of the tar that the diff id names.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '../base/bytes/canonical-json.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import { systemErrorCode } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { CONVERTER } from './layer/constants.js';
import type { LayerHash } from './layer/root-hash.js';

const KEY_FILE = 'key';
const KEY_SIZE = 32;
const SIZES = 'sizes';

/**
 * A cache in a directory of its own. An entry counts only if it carries the MAC under the directory's key and both belong
 * to this user alone: so damage, other users and caches carried over from elsewhere are noticed. Anything else is a miss.
 */
export interface LayerCache {
  find(diffId: Sha256Hex): Promise<LayerHash | null>;
  /** Whether a file of `size` bytes may be a layer that is here: if not, computing its diff id only to ask is a pass for nothing. */
  mayHold(size: number): Promise<boolean>;
  /**
   * Never fails: a cache that cannot be written is no reason not to have the answer.
   *
   * @param storedSize - of the file that the layer was read from, if it was compressed.
   */
  store(hash: LayerHash, storedSize?: number): Promise<void>;
}

/** Opens the cache in `directory`, which is made when something is stored. Two processes may use it at once. */
export function openLayerCache(directory: string): LayerCache {
  return {
    find: async (diffId) => {
      const key = await readKey(directory);
      return key === null ? null : findEntry(directory, key, diffId);
    },
    mayHold: async (size) => (await lstat(sizePath(directory, size)).catch(() => null)) !== null,
    store: async (hash, storedSize) => {
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        const key = (await readKey(directory)) ?? (await makeKey(directory));
        if (key === null) return;
        await writeFileAtomic(entryPath(directory, hash.diffId), encodeEntry(hash, key), { mode: 0o600 });
        await noteSizes(directory, storedSize === undefined ? [hash.bytes] : [hash.bytes, storedSize]);
      } catch {
        // The next run computes it again.
      }
    },
  };
}

async function findEntry(directory: string, key: Uint8Array, diffId: Sha256Hex): Promise<LayerHash | null> {
  const text = await readPrivate(entryPath(directory, diffId));
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch {
    return null;
  }
  /* Loaded where there is an entry to read: most layers are new ones. */
  const { parseCacheEntry } = await import('./layer-cache-entry.js');
  const entry = parseCacheEntry(value);
  if (entry?.diffId !== diffId) return null;
  const { mac, rootHash, bytes, ext4Bytes } = entry;
  const hash: LayerHash = { diffId, rootHash: rootHash as Sha256Hex, bytes, ext4Bytes };
  return timingSafeEqual(Buffer.from(mac, 'hex'), macOf(hash, key)) ? hash : null;
}

function encodeEntry(hash: LayerHash, key: Uint8Array): string {
  return canonicalJson({ ...entryOf(hash), mac: macOf(hash, key).toString('hex') });
}

function macOf(hash: LayerHash, key: Uint8Array): Buffer {
  return createHmac('sha256', key)
    .update(canonicalJson(entryOf(hash)))
    .digest();
}

function entryOf({ diffId, rootHash, bytes, ext4Bytes }: LayerHash): Record<string, string | number> {
  return { converter: CONVERTER, diffId, rootHash, bytes, ext4Bytes };
}

/* Empty files named after sizes. They are a hint only: whether an entry counts is decided by its MAC. */
async function noteSizes(directory: string, sizes: readonly number[]): Promise<void> {
  await mkdir(join(directory, SIZES), { recursive: true, mode: 0o700 });
  for (const size of sizes) await writeFile(sizePath(directory, size), '', { mode: 0o600 });
}

async function readKey(directory: string): Promise<Uint8Array | null> {
  const key = await readPrivate(join(directory, KEY_FILE));
  return key?.length === KEY_SIZE ? key : null;
}

/* Two processes may get here at once: the one that creates the file wins, the other reads it. */
async function makeKey(directory: string): Promise<Uint8Array | null> {
  const key = randomBytes(KEY_SIZE);
  try {
    await writeFile(join(directory, KEY_FILE), key, { flag: 'wx', mode: 0o600 });
    return key;
  } catch (cause) {
    return systemErrorCode(cause) === 'EEXIST' ? readKey(directory) : null;
  }
}

/* A regular file that this user owns and nobody else may write; null otherwise. */
async function readPrivate(path: string): Promise<Buffer | null> {
  try {
    const stats = await lstat(path);
    const foreign = process.getuid !== undefined && stats.uid !== process.getuid();
    if (!stats.isFile() || foreign || (stats.mode & 0o022) !== 0 || stats.size > 4096) return null;
    return await readFile(path);
  } catch {
    return null;
  }
}

function entryPath(directory: string, diffId: Sha256Hex): string {
  return join(directory, `${diffId}.json`);
}

function sizePath(directory: string, size: number): string {
  return join(directory, SIZES, String(size));
}
