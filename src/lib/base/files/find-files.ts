// Which files a path names: one, all of a directory, or those that match a pattern.

import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { CleanroomError } from '../errors.js';
import { fileError } from './read-bounded.js';

export interface FoundFiles {
  /** Of regular files, in the order of their paths. */
  readonly paths: readonly string[];
  /** Directory that their names are relative to. */
  readonly base: string;
}

/** Whether files and directories whose names begin with a dot belong to what a directory names. */
export type HiddenFiles = 'kept' | 'left out';

const TEXT_PATH_HINT =
  "Give the path of a text file in UTF-8, of a directory of such files, or a pattern in quotes, such as 'notes/*.txt'.";

/**
 * The files below the directory `path`, or those that the pattern in its last component (`*`, `?`) matches; null where `path`
 * is neither, but names one file.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, DOCUMENTS_INVALID for a link below a directory, FILE_EMPTY for a
 * directory without a file
 */
export async function findFiles(path: string, hidden: HiddenFiles): Promise<FoundFiles | null> {
  const status = await lstat(path).catch(() => null);
  if (status === null && /[*?]/.test(basename(path)))
    return { paths: await matchFiles(path), base: dirname(path) };
  if (status?.isDirectory() !== true) return null;
  const paths = await filesBelow(path, hidden);
  if (paths.length > 0) return { paths: [...paths].sort(), base: path };
  const seen = hidden === 'kept' ? 'no file' : 'no file but hidden ones, which are left out';
  throw new CleanroomError('FILE_EMPTY', `${path} contains ${seen}`, { hint: TEXT_PATH_HINT });
}

/** The error for a text that cannot be read, which says what may be named instead. */
export function textFileError(path: string, cause: unknown): CleanroomError {
  const error = fileError(path, cause);
  if (error.code !== 'FILE_NOT_FOUND') return error;
  return new CleanroomError(error.code, error.message, { hint: TEXT_PATH_HINT, cause });
}

async function filesBelow(directory: string, hidden: HiddenFiles): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readDirectory(directory)) {
    if (hidden === 'left out' && entry.name.startsWith('.')) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(path, hidden)));
    else if (entry.isFile()) found.push(path);
    else {
      throw new CleanroomError('DOCUMENTS_INVALID', `${path} is not a file or a directory`, {
        hint: 'Links are not followed: they could bring in what you do not mean to hand over. Copy the file instead.',
      });
    }
  }
  return found;
}

/* As a shell: a hidden file matches only a pattern that begins with its dot. */
async function matchFiles(pattern: string): Promise<readonly string[]> {
  const name = basename(pattern);
  const source = name
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const matches = new RegExp(`^${source}$`, 'su');
  const directory = dirname(pattern);
  const found = (await readDirectory(directory)).filter(
    (entry) =>
      entry.isFile() && matches.test(entry.name) && (name.startsWith('.') || !entry.name.startsWith('.')),
  );
  if (found.length === 0)
    throw new CleanroomError('FILE_NOT_FOUND', `no file matches ${pattern}`, { hint: TEXT_PATH_HINT });
  return found.map((entry) => join(directory, entry.name)).sort();
}

async function readDirectory(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (cause) {
    throw textFileError(path, cause);
  }
}
