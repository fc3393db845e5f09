// Documents from a file, a directory, a pattern or a stream; as the same path names them where they are sealed.

import { basename, relative, sep } from 'node:path';

import { findFiles, textFileError } from '../base/files/find-files.js';
import { readFileBounded, readStreamBounded } from '../base/files/read-bounded.js';
import { MAX_SOURCE_BYTES } from './size-limits.js';
import { decodeSource } from './source-text.js';
import type { SourceDocument } from './summarizer.js';

const STDIN = 'standard input';

/**
 * The documents at `path`: a file is one; a directory or a pattern is one a file, hidden ones left out, in the order of their
 * names; `-` is what `stdin` brings.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_EMPTY, FILE_TOO_LARGE, DOCUMENTS_INVALID, TEXT_EMPTY, TEXT_BINARY,
 * TEXT_NOT_UTF8
 */
export async function readDocuments(
  path: string,
  stdin: AsyncIterable<unknown>,
): Promise<readonly SourceDocument[]> {
  if (path === '-')
    return [decodeSource('stdin', await readStreamBounded(stdin, STDIN, MAX_SOURCE_BYTES), STDIN)];
  const found = await findFiles(path, 'left out');
  if (found === null) return [decodeSource(basename(path), await readText(path, MAX_SOURCE_BYTES), path)];
  const documents: SourceDocument[] = [];
  let left = MAX_SOURCE_BYTES;
  for (const file of found.paths) {
    const bytes = await readText(file, left);
    left -= bytes.length;
    documents.push(decodeSource(relative(found.base, file).split(sep).join('/'), bytes, file));
  }
  return documents;
}

async function readText(path: string, maxBytes: number): Promise<Uint8Array> {
  return readFileBounded(path, maxBytes).catch((cause: unknown) => {
    throw textFileError(path, cause);
  });
}
