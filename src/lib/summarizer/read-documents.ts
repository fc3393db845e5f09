// Documents from a file, a directory or a stream.

import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';

import { CleanroomError } from '../base/errors.js';
import { fileError, readFileBounded, readStreamBounded } from '../base/files/read-bounded.js';
import { MAX_SOURCE_BYTES } from './size-limits.js';
import { decodeSource } from './source-text.js';
import type { SourceDocument } from './summarizer.js';

/**
 * The documents at `path`: a file is one; a directory is one a file, hidden ones left out, in the order of their names; `-` is
 * what `stdin` brings.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE, TEXT_EMPTY, TEXT_BINARY, TEXT_NOT_UTF8
 */
export async function readDocuments(
  path: string,
  stdin: AsyncIterable<unknown>,
): Promise<readonly SourceDocument[]> {
  if (path === '-')
    return [decodeSource('stdin', await readStreamBounded(stdin, 'standard input', MAX_SOURCE_BYTES))];
  const found = await stat(path).catch((cause: unknown) => Promise.reject(fileError(path, cause)));
  if (!found.isDirectory())
    return [decodeSource(basename(path), await readFileBounded(path, MAX_SOURCE_BYTES))];
  return readDirectory(path);
}

async function readDirectory(path: string): Promise<readonly SourceDocument[]> {
  const documents: SourceDocument[] = [];
  let left = MAX_SOURCE_BYTES;
  for (const file of await filesBelow(path)) {
    const bytes = await readFileBounded(file, left);
    left -= bytes.length;
    documents.push(decodeSource(relative(path, file), bytes));
  }
  if (documents.length === 0) throw new CleanroomError('TEXT_EMPTY', `${path} holds no documents`);
  return documents;
}

async function filesBelow(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (file) =>
        !relative(path, file)
          .split('/')
          .some((part) => part.startsWith('.')),
    )
    .sort();
}
