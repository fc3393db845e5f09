// The text of a plain room: the files of a mounted share.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import { fileError, readFileBounded } from '../../base/files/read-bounded.js';
import { MAX_SOURCE_BYTES } from '../../summarizer/size-limits.js';
import { decodeSource } from '../../summarizer/source-text.js';
import type { SourceDocument } from '../documents.js';

/**
 * The documents of a directory: one a file, in the order of their names; hidden files and subdirectories are left out.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE, TEXT_EMPTY, TEXT_BINARY, TEXT_NOT_UTF8
 */
export async function readMountedText(directory: string): Promise<readonly SourceDocument[]> {
  const names = await readdir(directory).catch((cause: unknown) =>
    Promise.reject(fileError(directory, cause)),
  );
  const documents: SourceDocument[] = [];
  let left = MAX_SOURCE_BYTES;
  for (const name of [...names].sort()) {
    const path = join(directory, name);
    if (name.startsWith('.') || !(await stat(path)).isFile()) continue;
    const bytes = await readFileBounded(path, left);
    left -= bytes.length;
    documents.push({ dataset: 'share', title: name, text: decodeSource(name, bytes).text });
  }
  if (documents.length === 0)
    throw new CleanroomError('TEXT_EMPTY', `the file share at ${directory} is empty`);
  return documents;
}
