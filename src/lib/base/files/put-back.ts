// Files as they are before something is tried, to be put back where it comes to nothing.

import { readFile, rm } from 'node:fs/promises';

import { writeFileAtomic } from './atomic-write.js';

/** @returns what puts each file back as it is now; one that is not there now is removed. */
export async function rememberFiles(paths: readonly string[]): Promise<() => Promise<void>> {
  const contents = await Promise.all(paths.map(readIfThere));
  return async () => {
    for (const [index, path] of paths.entries()) {
      const bytes = contents[index] ?? null;
      await (bytes === null ? rm(path, { force: true }) : writeFileAtomic(path, bytes));
    }
  };
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}
