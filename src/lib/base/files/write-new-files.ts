// Several files at once that must not be there yet: all are looked at before any is written.

import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { makeDirectory } from './make-directory.js';
import { CleanroomError } from '../errors.js';
import { writeFileAtomic } from './atomic-write.js';

export interface NewFile {
  /** Path below the directory. */
  readonly name: string;
  readonly text: string;
  readonly executable: boolean;
}

/**
 * Writes the files below `directory`, which is made where it is missing.
 *
 * @param existing - what is done about a file that is there already.
 * @throws CleanroomError FILE_EXISTS, naming each; then nothing was written. FILE_UNWRITABLE
 */
export async function writeNewFiles(
  directory: string,
  files: readonly NewFile[],
  existing: 'refuse' | 'replace',
): Promise<void> {
  if (existing === 'refuse') {
    const there = await Promise.all(files.map(({ name }) => isThere(join(directory, name))));
    const names = files.filter((_, index) => there[index]).map(({ name }) => join(directory, name));
    if (names.length > 0) throw new CleanroomError('FILE_EXISTS', `already there: ${names.join(', ')}`);
  }
  for (const { name, text, executable } of files) {
    const path = join(directory, name);
    await makeDirectory(dirname(path));
    await writeFileAtomic(path, text, executable ? { mode: 0o755 } : {});
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
