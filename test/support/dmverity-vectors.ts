// The golden vectors of test/vectors/dmverity.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const VECTORS = join('test', 'vectors', 'dmverity');

export interface DmverityVector {
  readonly name: string;
  readonly note: string;
  readonly tar_size?: number;
  readonly tar_sha256?: string;
  /** Absent: recreate it with `generateVectorTar`. */
  readonly file?: string;
  readonly error?: true;
  readonly ext4_size?: number;
  readonly ext4_sha256?: string;
  readonly root_hash?: string;
}

export function dmverityVectors(): readonly DmverityVector[] {
  const { vectors } = JSON.parse(readFileSync(join(VECTORS, 'vectors.json'), 'utf8')) as {
    vectors: DmverityVector[];
  };
  return vectors;
}

/** Recreates the tar of a vector that is too large to store. @returns its path. */
export function generateVectorTar(name: string, directory: string): string {
  execFileSync(process.execPath, [join(VECTORS, 'gen-vectors.mjs'), directory, name]);
  return join(directory, `${name}.tar`);
}
