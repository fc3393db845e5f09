// What is to be sealed: one text or any bytes (file or stdin), or the files of a directory or pattern as one dataset.

import { lstat } from 'node:fs/promises';
import { relative, sep } from 'node:path';

import { type ByteReader, readChunks } from '../base/files/byte-reader.js';
import { fileChanged } from '../base/files/descriptor.js';
import { type FileSeries, seriesOf, type SteadyFile, steadyFile } from '../base/files/file-series.js';
import { findFiles, type FoundFiles, textFileError } from '../base/files/find-files.js';
import { openInput } from '../base/files/open-input.js';
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
 * Opens what `path` names: a file, `-` (stdin), a directory (all files below it; of texts, no hidden ones), or a pattern
 * with `*` and `?` in its last component. Text is checked while it is read: by the room's own rule (text-check.ts), and as long at the end as at
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
  // Of texts, what an owner does not see in a listing is not handed over; a model and any bytes are taken whole.
  const found = await findFiles(path, kind === 'text' ? 'left out' : 'kept');
  return found === null ? openSingle(path, stdin, kind) : openFiles(found, kind);
}

async function openSingle(
  path: string,
  stdin: AsyncIterable<Uint8Array>,
  kind: ContentKind,
): Promise<Plaintext> {
  const input = await openInput(path, stdin).catch((cause: unknown) => {
    throw textFileError(path, cause);
  });
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

interface SteadyDocument extends DocumentEntry {
  readonly file: SteadyFile;
}

async function openFiles({ paths, base }: FoundFiles, kind: ContentKind): Promise<Plaintext> {
  const files: SteadyDocument[] = [];
  for (const path of paths) {
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
  files: readonly SteadyDocument[],
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
