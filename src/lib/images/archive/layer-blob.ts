// A layer's bytes: decompressed within bounds, and checked against both of its digests once they have all been read.

import { createHash } from 'node:crypto';

import type { Sha256Hex } from '../../base/bytes/digest.js';
import type { StoredBlob } from './blob-source.js';
import { decompress } from './decompress.js';
import { digestMismatch } from './descriptor.js';

export interface ArchiveLayer {
  /** SHA-256 of the uncompressed tar, as the image config has it. */
  readonly diffId: Sha256Hex;
  /** SHA-256 of the layer as stored; null in an archive that does not say (docker save). */
  readonly storedDigest: Sha256Hex | null;
  /** Size as stored. */
  readonly storedBytes: number;
  /**
   * The uncompressed tar. Nothing of it may be believed before the end: only then are the digests compared.
   *
   * @throws CleanroomError IMAGE_DIGEST_MISMATCH, LAYER_UNPACKABLE
   */
  open(): AsyncIterable<Uint8Array>;
  /** The layer as stored, checked against its stored digest at the end. */
  openStored(): AsyncIterable<Uint8Array>;
}

/** A layer over `blob`; `index` (from 0) names it in errors. */
export function archiveLayer(
  blob: StoredBlob,
  diffId: Sha256Hex,
  storedDigest: Sha256Hex | null,
  index: number,
): ArchiveLayer {
  const what = `layer ${index + 1}`;
  const openStored = (): AsyncIterable<Uint8Array> => checked(blob.open(), storedDigest, `${what} as stored`);
  return {
    diffId,
    storedDigest,
    storedBytes: blob.size,
    openStored,
    open: () => checked(decompress(diffId === storedDigest ? blob.open() : openStored(), what), diffId, what),
  };
}

/** Passes `bytes` on and throws at their end unless they have `expected` as SHA-256. */
async function* checked(
  bytes: AsyncIterable<Uint8Array>,
  expected: Sha256Hex | null,
  what: string,
): AsyncGenerator<Uint8Array> {
  if (expected === null) {
    yield* bytes;
    return;
  }
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = hash.digest('hex');
  if (actual !== expected) throw digestMismatch(what, `sha256:${expected}`, `sha256:${actual}`);
}
