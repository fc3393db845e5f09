// Where the commands of the torture work, and where the text of an owner must never be in clear.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findSecrets } from '../../src/lib/attack-kit/attacks/plaintext-search.js';
import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';

/** A line of every text that is sealed. */
export const LINE = 'The launch codeword is tangerine-9417-walrus.\n';

const CANARY = 'tangerine-9417-walrus';

export interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<'HOME' | 'TMPDIR' | 'CLEANROOM_EMULATOR_DIR', string>>;
}

/** A directory with a home and a directory for temporary files, and no local Azure. */
export function placeOf(root: string, name: string): Place {
  const cwd = join(root, name);
  for (const below of ['home', 'tmp']) mkdirSync(join(cwd, below), { recursive: true });
  const env = {
    HOME: join(cwd, 'home'),
    TMPDIR: join(cwd, 'tmp'),
    CLEANROOM_EMULATOR_DIR: join(cwd, 'none'),
  };
  return { cwd, env };
}

/** A key of somebody's own: `key.jwk` and `pub.jwk`. */
export function writeKeys({ cwd }: Pick<Place, 'cwd'>): void {
  const { privateKey, publicKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  writeFileSync(join(cwd, 'key.jwk'), JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600 });
  writeFileSync(join(cwd, 'pub.jwk'), JSON.stringify(publicKey.export({ format: 'jwk' })));
}

/**
 * Files below the directories that hold the text in any spelling.
 *
 * @param own - names of files and directories in which its owner keeps it.
 */
export async function filesInClear(
  directories: readonly string[],
  own: readonly string[] = [],
): Promise<readonly string[]> {
  const mayHold = (path: string): boolean => own.some((name) => `${path}/`.includes(`/${name}/`));
  const found = await Promise.all(directories.map((directory) => findSecrets(directory, [CANARY], mayHold)));
  return found.flat();
}
