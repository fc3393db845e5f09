// What is to be sealed: one text or any bytes (file or stdin), or the files of a directory or pattern as one dataset.

import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

import { CleanroomError } from '../base/errors.js';
import { type ByteReader, readChunks } from '../base/files/byte-reader.js';
import { fileChanged } from '../base/files/descriptor.js';
import { type FileSeries, seriesOf, type SteadyFile, steadyFile } from '../base/files/file-series.js';
import { openInput } from '../base/files/open-input.js';
import { fileError } from '../base/files/read-bounded.js';
import { checkText } from '../base/files/text-check.js';
import { type DocumentEntry, encodeManifest } from '../sealed-blob/engine/documents.js';
import {
  BYTES_MEDIA_TYPE,
  DOCUMENTS_MEDIA_TYPE,
  type ProtectedHeader,
  TEXT_MEDIA_TYPE,
} from '../sealed-blob/format/header.js';

const CHUNK = 1024 * 1024;
const NOTHING = new Uint8Array(0);

/** What the bytes must be: text, whatever the files of a model are, or anything, nothing included. */
export type ContentKind = 'text' | 'model' | 'bytes';

export interface Plaintext {
  readonly reader: ByteReader;
  /** The same for who reads at any place; null for a pipe or a device. */
  readonly series: FileSeries | null;
  readonly mediaType: ProtectedHeader['cty'];
  /** Null for a pipe. */
  readonly size: number | null;
  readonly documents: number;
  /** What stands before the documents; 0 for a single text. */
  readonly manifestBytes: number;
  close(): Promise<void>;
}

/**
 * Opens what `path` names: a file, `-` (stdin), a directory (all files below it), or a pattern with `*` and `?` in its
 * last component. Text is checked while it is read: by the room's own rule (text-check.ts), and as long at the end as at
 * the beginning.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, DOCUMENTS_INVALID; while reading TEXT_BINARY, TEXT_NOT_UTF8, TEXT_EMPTY,
 * FILE_CHANGED.
 */
export async function openPlaintext(
  path: string,
  stdin: AsyncIterable<Uint8Array>,
  kind: ContentKind = 'text',
): Promise<Plaintext> {
  if (path === '-') return openSingle(path, stdin, kind);
  if (/[*?]/.test(basename(path)) && !(await exists(path))) {
    return openFiles(await matchFiles(path), dirname(path), kind);
  }
  return (await isDirectory(path))
    ? openFiles(await filesBelow(path), path, kind)
    : openSingle(path, stdin, kind);
}

async function openSingle(
  path: string,
  stdin: AsyncIterable<Uint8Array>,
  kind: ContentKind,
): Promise<Plaintext> {
  const input = await openInput(path, stdin);
  const name = path === '-' ? 'standard input' : path;
  return {
    reader: kind === 'bytes' ? input.reader : checkText(name, input.reader),
    series: input.regular === null ? null : seriesOf(NOTHING, [input.regular]),
    mediaType: kind === 'bytes' ? BYTES_MEDIA_TYPE : TEXT_MEDIA_TYPE,
    size: input.size,
    documents: 1,
    manifestBytes: 0,
    close: () => input.close(),
  };
}

interface FoundFile extends DocumentEntry {
  readonly file: SteadyFile;
}

async function openFiles(paths: readonly string[], base: string, kind: ContentKind): Promise<Plaintext> {
  const files: FoundFile[] = [];
  for (const path of [...paths].sort()) {
    const file = steadyFile(path, await lstat(path, { bigint: true }));
    files.push({ file, name: relative(base, path).split(sep).join('/'), bytes: file.bytes });
  }
  const manifest = encodeManifest(files);
  const series = seriesOf(
    manifest,
    files.map(({ file }) => file),
  );
  return {
    reader: readChunks(concatenate(manifest, files, kind)),
    series,
    mediaType: DOCUMENTS_MEDIA_TYPE,
    size: series.bytes,
    documents: files.length,
    manifestBytes: manifest.length,
    close: () => Promise.resolve(),
  };
}

async function* concatenate(
  manifest: Uint8Array,
  files: readonly FoundFile[],
  kind: ContentKind,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield manifest;
  // The same memory again: readChunks has taken a chunk before it asks for the next.
  const chunk = new Uint8Array(CHUNK);
  for (const { file } of files) {
    const input = await openInput(file.path, readNothing());
    try {
      if (input.size !== file.bytes) throw fileChanged(file.path);
      const reader = kind === 'text' ? checkText(file.path, input.reader) : input.reader;
      for (let read = CHUNK; read === CHUNK;) {
        read = await reader.readInto(chunk);
        yield chunk.subarray(0, read);
      }
    } finally {
      await input.close();
    }
  }
}

async function* readNothing(): AsyncGenerator<Uint8Array, void, undefined> {
  // no chunks: files of a directory never stand for standard input
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readDirectory(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else if (entry.isFile()) found.push(path);
    else {
      throw new CleanroomError('DOCUMENTS_INVALID', `${path} is neither a file nor a directory`, {
        hint: 'Links are not followed: they could bring in what you do not mean to hand over. Copy the file instead.',
      });
    }
  }
  if (found.length === 0) throw new CleanroomError('FILE_EMPTY', `${directory} holds no file`);
  return found;
}

async function matchFiles(pattern: string): Promise<readonly string[]> {
  const source = basename(pattern)
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  const matches = new RegExp(`^${source}$`);
  const directory = dirname(pattern);
  const found = (await readDirectory(directory)).filter(
    (entry) => entry.isFile() && matches.test(entry.name),
  );
  if (found.length === 0) throw new CleanroomError('FILE_NOT_FOUND', `no file matches ${pattern}`);
  return found.map((entry) => join(directory, entry.name));
}

async function readDirectory(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (cause) {
    throw fileError(path, cause);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return lstat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
