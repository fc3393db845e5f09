// Several documents as one plaintext: `CLNDOCS1`, manifest length, manifest, documents one after the other.
// Names stay inside the seal (docs/reference/sealed-format.md §6).

import * as v from 'valibot';

import { concatBytes, decodeUtf8, equalBytes, utf8 } from '../../base/bytes/arrays.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';
import { type ByteReader, readBytes, readChunks } from '../../base/files/byte-reader.js';
import { isSafeDocumentName } from '../format/document-name.js';
import { DOCUMENTS_MEDIA_TYPE } from '../format/header.js';
import type { OpenedBlob } from './open.js';
import type { OpenedRanges, TextRange } from './open-ranges.js';
import { sealedBlobRejected } from '../format/rejected.js';

const DOCUMENTS_MAGIC = utf8('CLNDOCS1');
const MANIFEST_OFFSET = DOCUMENTS_MAGIC.length + 4;
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
const MAX_DOCUMENTS = 65_536;
const READ_SIZE = 1024 * 1024;

export interface DocumentEntry {
  /** Relative path with `/`; see document-name.ts. */
  readonly name: string;
  readonly bytes: number;
}

/** A document in the order of the manifest; its content is read before the next one is asked for. */
export interface OpenedDocument {
  readonly name: string;
  /** Null for a single text, whose length is known only at its end. */
  readonly bytes: number | null;
  readonly content: AsyncIterable<Uint8Array>;
}

const Manifest = v.strictObject({
  documents: v.pipe(
    v.array(
      v.strictObject({
        name: v.string(),
        bytes: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER)),
      }),
    ),
    v.minLength(1),
    v.maxLength(MAX_DOCUMENTS),
  ),
});

/**
 * The front of a plaintext of several documents.
 *
 * @throws CleanroomError DOCUMENTS_INVALID for unsafe or equal names, or too many.
 */
export function encodeManifest(documents: readonly DocumentEntry[]): Uint8Array {
  const problem = findProblem(documents);
  if (problem !== null) throw new CleanroomError('DOCUMENTS_INVALID', problem);
  const manifest = utf8(JSON.stringify({ documents: documents.map(({ name, bytes }) => ({ name, bytes })) }));
  if (documents.length > MAX_DOCUMENTS || manifest.length > MAX_MANIFEST_BYTES) {
    throw new CleanroomError('DOCUMENTS_INVALID', `more than ${MAX_DOCUMENTS} documents, or names too long`);
  }
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, manifest.length);
  return concatBytes(DOCUMENTS_MAGIC, length, manifest);
}

/**
 * The documents of an opened blob, one after the other: those of the manifest, or the one text, named `text`.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, as for any other damage.
 */
export async function* openDocuments(blob: OpenedBlob): AsyncGenerator<OpenedDocument, void, undefined> {
  if (blob.header.protected.cty !== DOCUMENTS_MEDIA_TYPE) {
    yield { name: 'text', bytes: null, content: blob.plaintext };
    return;
  }
  const reader = readChunks(blob.plaintext);
  try {
    for (const entry of await readManifest(reader)) {
      const taken = { bytes: 0 };
      yield { ...entry, content: take(reader, entry.bytes, taken) };
      for (; taken.bytes < entry.bytes;) await skip(reader, entry.bytes, taken);
    }
    if ((await readBytes(reader, 1)).length > 0) throw sealedBlobRejected();
  } finally {
    await reader.cancel();
  }
}

/**
 * All documents in memory, for inputs that are small by contract.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, FILE_TOO_LARGE beyond `maxBytes` in all.
 */
export async function collectDocuments(
  blob: OpenedBlob,
  maxBytes: number,
): Promise<readonly { readonly name: string; readonly bytes: Uint8Array }[]> {
  const collected: { name: string; bytes: Uint8Array }[] = [];
  let total = 0;
  for await (const document of openDocuments(blob)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of document.content) {
      total += chunk.length;
      if (total > maxBytes)
        throw new CleanroomError('FILE_TOO_LARGE', `the documents exceed ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    collected.push({ name: document.name, bytes: concatBytes(...chunks) });
  }
  return collected;
}

/** A document that can be read without those before it. */
export interface PlacedDocument extends TextRange {
  readonly name: string;
}

/**
 * Where the documents of a blob stand, in the order of the manifest, or the one text, named `text`; of the documents nothing is read.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, also where they do not fill the plaintext to its end
 */
export async function placeDocuments(blob: OpenedRanges): Promise<readonly PlacedDocument[]> {
  if (blob.header.protected.cty !== DOCUMENTS_MEDIA_TYPE)
    return [{ name: 'text', start: 0, end: blob.bytes }];
  const front = Math.min(MANIFEST_OFFSET, blob.bytes);
  let end = front + manifestLength(await readOne(blob, { start: 0, end: front }));
  const entries = parseManifest(await readOne(blob, { start: front, end }));
  const placed = entries.map(({ name, bytes }) => ({ name, start: end, end: (end += bytes) }));
  if (end !== blob.bytes) throw sealedBlobRejected();
  return placed;
}

async function readOne(blob: OpenedRanges, range: TextRange): Promise<Uint8Array> {
  const { value } = await blob.read([range]).next();
  return value ?? new Uint8Array(0);
}

async function readManifest(reader: ByteReader): Promise<readonly DocumentEntry[]> {
  const length = manifestLength(await readBytes(reader, MANIFEST_OFFSET));
  return parseManifest(await readBytes(reader, length));
}

/* How long the manifest is that stands behind this front of a plaintext. */
function manifestLength(start: Uint8Array): number {
  if (start.length < MANIFEST_OFFSET || !equalBytes(start.subarray(0, 8), DOCUMENTS_MAGIC)) {
    throw sealedBlobRejected();
  }
  const length = new DataView(start.buffer, start.byteOffset).getUint32(DOCUMENTS_MAGIC.length);
  if (length > MAX_MANIFEST_BYTES) throw sealedBlobRejected();
  return length;
}

function parseManifest(bytes: Uint8Array): readonly DocumentEntry[] {
  const text = decodeUtf8(bytes);
  try {
    const outcome = v.safeParse(Manifest, parseStrictJson(text ?? '', { maxDepth: 4 }));
    if (outcome.success && findProblem(outcome.output.documents) === null) return outcome.output.documents;
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
  }
  throw sealedBlobRejected();
}

/* Names must be safe, differ also where a file system folds case, and none may be the directory of another. */
function findProblem(documents: readonly DocumentEntry[]): string | null {
  const folded = documents.map(({ name }) => name.normalize('NFC').toLowerCase());
  const names = new Set(folded);
  if (documents.length === 0) return 'there is no document';
  if (names.size < folded.length) return 'two documents have the same name but for case';
  const unsafe = documents.find(({ name }) => !isSafeDocumentName(name));
  if (unsafe !== undefined) return `${JSON.stringify(unsafe.name)} is not a name that can be opened anywhere`;
  const nested = folded.find((name) => parentsOf(name).some((parent) => names.has(parent)));
  return nested === undefined ? null : `${JSON.stringify(nested)} lies below another document`;
}

function parentsOf(name: string): readonly string[] {
  const components = name.split('/');
  return components.slice(1).map((_, index) => components.slice(0, index + 1).join('/'));
}

async function* take(
  reader: ByteReader,
  length: number,
  taken: { bytes: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  while (taken.bytes < length) {
    const chunk = await readBytes(reader, Math.min(READ_SIZE, length - taken.bytes));
    if (chunk.length === 0) throw sealedBlobRejected();
    taken.bytes += chunk.length;
    yield chunk;
  }
}

async function skip(reader: ByteReader, length: number, taken: { bytes: number }): Promise<void> {
  const chunk = await readBytes(reader, Math.min(READ_SIZE, length - taken.bytes));
  if (chunk.length === 0) throw sealedBlobRejected();
  taken.bytes += chunk.length;
}
