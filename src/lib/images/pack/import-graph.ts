// Which compiled files a program needs: its import statements, followed.

import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';

import { CleanroomError, systemErrorCode } from '../../base/errors.js';
import { fileError } from '../../base/files/read-bounded.js';

export interface ImportGraph {
  /** Absolute paths of every file reached, the entry included, sorted. */
  readonly files: readonly string[];
  /** Names of the packages they import, sorted. */
  readonly packages: readonly string[];
}

/* The forms that tsc writes: import and export statements, import() and worker files of a literal name. */
const SPECIFIERS = [
  /^[ \t]*(?:import|export)\b[\w\s{},*$]*?\bfrom\s*['"]([^'"\n]+)['"]/gm,
  /^[ \t]*import\s*['"]([^'"\n]+)['"]/gm,
  /\bimport\(\s*['"]([^'"\n]+)['"]/g,
  /\bnew URL\(\s*['"](\.{1,2}\/[^'"\n]+\.m?js)['"]\s*,\s*import\.meta\.url/g,
];

/**
 * Follows the imports of compiled ES modules from the `entries` on.
 *
 * @throws CleanroomError IMAGE_NOT_BUILT if an entry or a file that it imports does not exist
 */
export async function collectImportGraph(entries: readonly string[]): Promise<ImportGraph> {
  const files = new Set<string>();
  const packages = new Set<string>();
  const queue = [...entries];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (files.has(path)) continue;
    files.add(path);
    for (const specifier of specifiersOf(await readModule(path))) {
      if (specifier.startsWith('.')) queue.push(join(dirname(path), specifier));
      else if (!isBuiltin(specifier)) packages.add(packageNameOf(specifier));
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

function specifiersOf(code: string): readonly string[] {
  return SPECIFIERS.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''));
}

function packageNameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

async function readModule(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT')
      throw new CleanroomError('IMAGE_NOT_BUILT', `${path} does not exist`, { cause });
    throw fileError(path, cause);
  }
}
