// One digest for a model directory, the one that contracts name. Reproducible with coreutils:
//   cd DIR && find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum

import { createHash } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { sha256Hex } from '../base/bytes/digest.js';
import { CleanroomError } from '../base/errors.js';
import { fileError } from '../base/files/read-bounded.js';

/** Names that sha256sum prints as they are, and that mean the same on every file system. */
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

export interface ModelFile {
  /** Relative to the model directory, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256, hex. */
  readonly digest: string;
}

/**
 * The digest of all files of a model directory: SHA-256 over the lines `<sha256 hex>  <path>\n`, one a file, sorted by path
 * as bytes. Empty directories do not count; times, owners and permissions do not count.
 *
 * @returns `sha256:` and 64 hex digits.
 * @throws CleanroomError MODEL_INVALID for a link, a special file, an unusual name or no file at all; FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function modelDigest(directory: string): Promise<string> {
  return digestOfFiles(await listModelFiles(directory));
}

/** The digest over files that were already hashed. */
export function digestOfFiles(files: readonly ModelFile[]): string {
  const lines = [...files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((file) => `${file.digest}  ${file.path}\n`);
  return `sha256:${sha256Hex(lines.join(''))}`;
}

/** Every file of a model directory with its size and SHA-256, sorted by path. @throws as modelDigest */
export async function listModelFiles(directory: string): Promise<readonly ModelFile[]> {
  const paths = await walk(directory, '');
  if (paths.length === 0) throw new CleanroomError('MODEL_INVALID', `${directory} contains no files`);
  const files: ModelFile[] = [];
  for (const path of paths.sort()) files.push({ path, ...(await hashFile(join(directory, path))) });
  return files;
}

async function walk(directory: string, prefix: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readDirectory(join(directory, prefix))) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (!PLAIN_NAME.test(entry.name)) throw unusual(directory, path, 'has an unusual name');
    if (entry.isDirectory()) paths.push(...(await walk(directory, path)));
    else if (entry.isFile()) paths.push(path);
    else throw unusual(directory, path, 'is a link or a special file');
  }
  return paths;
}

async function readDirectory(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (cause) {
    throw fileError(path, cause);
  }
}

async function hashFile(path: string): Promise<{ bytes: number; digest: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
  } catch (cause) {
    throw fileError(path, cause);
  }
  return { bytes, digest: hash.digest('hex') };
}

function unusual(directory: string, path: string, what: string): CleanroomError {
  return new CleanroomError(
    'MODEL_INVALID',
    `${directory}: ${JSON.stringify(path)} ${what}; a model directory contains plain files only`,
  );
}
