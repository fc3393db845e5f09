// Parts of the room's base that were fetched before. A part is named by its digest, and checked whenever it is read.

import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import { writeFileAtomic } from '../../base/files/atomic-write.js';

export interface PartDigest {
  readonly algorithm: 'sha256' | 'sha512';
  /** Lower case. */
  readonly hex: string;
}

export interface PartCache {
  readonly directory: string;
  /**
   * The part of that digest: from the cache, else fetched, checked and kept.
   *
   * @param what - names the part in errors.
   * @throws CleanroomError ROOM_PART_MISMATCH where what was fetched has another digest, and as `fetchPart`
   */
  get(digest: PartDigest, what: string, fetchPart: () => Promise<Uint8Array>): Promise<Uint8Array>;
}

/** Opens the cache in `directory`, which is made when something is kept. */
export function openPartCache(directory: string): PartCache {
  return {
    directory,
    get: async (digest, what, fetchPart) => {
      const path = join(directory, `${digest.algorithm}-${digest.hex}`);
      const kept = await readFile(path).catch(() => null);
      if (kept !== null && has(kept, digest)) return kept;
      const fetched = await fetchPart();
      if (!has(fetched, digest))
        throw new CleanroomError(
          'ROOM_PART_MISMATCH',
          `${what} does not have the digest that the room lock names`,
        );
      await keep(directory, path, fetched);
      return fetched;
    },
  };
}

/** The digest that an npm integrity, `sha512-BASE64`, names. */
export function integrityDigest(integrity: string): PartDigest {
  return {
    algorithm: 'sha512',
    hex: Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex'),
  };
}

function has(bytes: Uint8Array, { algorithm, hex }: PartDigest): boolean {
  return createHash(algorithm).update(bytes).digest('hex') === hex;
}

/* A cache that cannot be written is no reason not to have the part. */
async function keep(directory: string, path: string, bytes: Uint8Array): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFileAtomic(path, bytes);
  } catch {
    return;
  }
}
