// `decrypt`: opens a sealed blob, or a sealed result (JWE), with the recipient's own key.

import type { KeyObject } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { CleanroomError, describeCause, systemErrorCode } from '../base/errors.js';
import { type ByteReader, readBytes } from '../base/files/byte-reader.js';
import { seriesOf } from '../base/files/file-series.js';
import { openInput } from '../base/files/open-input.js';
import { writeNewFile } from '../base/files/streamed-output.js';
import { temporaryBeside } from '../base/files/temporary-name.js';
import type { Progress } from '../base/progress.js';
import { openDocuments } from '../sealed-blob/engine/documents.js';
import { DOCUMENTS_MEDIA_TYPE } from '../sealed-blob/format/header.js';
import { openIntoFile, WORTH_THREADS } from '../sealed-blob/engine/file-engine.js';
import { type OpenedBlob, openFront, openPayload } from '../sealed-blob/engine/open.js';
import { createBufferRing } from '../sealed-blob/engine/segmenter.js';
import { createByteProgress } from '../base/byte-progress.js';
import { type SealFileInput, writeChunks } from './seal-file.js';

const MAX_RESULT_BYTES = 64 * 1024 * 1024;
const OPEN_BRACE = 0x7b;

export interface OpenFileInput extends Pick<SealFileInput, 'source' | 'output' | 'stdin' | 'signal'> {
  readonly identity: KeyObject;
  readonly progress: Progress;
}

export interface OpenedFile {
  readonly kind: 'blob' | 'documents' | 'result';
  /** Of the plaintext. */
  readonly bytes: number;
  /** Names of the documents, where there are several. */
  readonly documents: readonly string[];
}

/**
 * Opens `source` and writes the plaintext, readable by its owner only. A dataset of several documents goes into a new
 * directory. A file or directory appears whole or not at all; a pipe gets each segment once it is authenticated.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, SEALED_RESULT_REJECTED, and as openInput and writeStreamAtomic.
 */
export async function openFile(input: OpenFileInput): Promise<OpenedFile> {
  const source = await openInput(input.source, input.stdin);
  try {
    input.progress.phase('opening');
    const first = await readBytes(source.reader, 1);
    const reader = putBack(first, source.reader);
    if (first[0] === OPEN_BRACE) return await openSealedResult(reader, input);
    const front = await openFront(reader, () => [input.identity]);
    const { header } = front;
    const { output, signal } = input;
    const advance = createByteProgress(input.progress, source.size);
    if (header.protected.cty === DOCUMENTS_MEDIA_TYPE)
      return await openIntoDirectory({ header, plaintext: openPayload(reader, front) }, input);
    if (source.regular !== null && source.regular.bytes >= WORTH_THREADS && typeof output === 'string') {
      const sealed = seriesOf(new Uint8Array(0), [source.regular]);
      const bytes = await openIntoFile(sealed, front, output, { mode: 0o600, signal, written: advance });
      return { kind: 'blob', bytes, documents: [] };
    }
    const buffers = createBufferRing();
    const free = (chunk: Uint8Array): void => {
      advance(chunk.length);
      buffers.give(chunk);
    };
    const bytes = await writeChunks(input, openPayload(reader, front, buffers), free, 0o600);
    return { kind: 'blob', bytes, documents: [] };
  } finally {
    await source.close();
  }
}

async function openSealedResult(reader: ByteReader, input: OpenFileInput): Promise<OpenedFile> {
  const { openResult } = await import('../summarizer/sealed-result.js');
  const sealed = await readBytes(reader, MAX_RESULT_BYTES + 1);
  const plaintext = await openResult(sealed, input.identity.export({ format: 'jwk' }));
  const bytes = await writeChunks(input, once(plaintext), () => undefined, 0o600);
  return { kind: 'result', bytes, documents: [] };
}

async function openIntoDirectory(blob: OpenedBlob, input: OpenFileInput): Promise<OpenedFile> {
  const { output, signal } = input;
  if (typeof output !== 'string') {
    throw new CleanroomError('USAGE', 'this blob contains several documents; name a directory with --out');
  }
  await requireAbsent(output);
  const temporary = await temporaryBeside(output);
  const documents: string[] = [];
  let bytes = 0;
  try {
    await mkdir(temporary, { mode: 0o700 });
    for await (const document of openDocuments(blob)) {
      const path = join(temporary, ...document.name.split('/'));
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      bytes += await writeNewFile(path, document.content, { mode: 0o600, signal });
      documents.push(document.name);
    }
    await rename(temporary, output);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true });
    if (cause instanceof CleanroomError) throw cause;
    throw new CleanroomError('FILE_UNWRITABLE', `${output} cannot be written: ${describeCause(cause)}`, {
      cause,
    });
  }
  return { kind: 'documents', bytes, documents };
}

/* An empty directory may be there already; anything else is not overwritten. */
async function requireAbsent(path: string): Promise<void> {
  try {
    if ((await readdir(path)).length === 0) return;
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return;
  }
  throw new CleanroomError('FILE_UNWRITABLE', `${path} exists already; the documents need a new directory`);
}

function putBack(bytes: Uint8Array, reader: ByteReader): ByteReader {
  let rest = bytes;
  return {
    readInto: async (target) => {
      const taken = rest.subarray(0, target.length);
      target.set(taken);
      rest = rest.subarray(taken.length);
      return taken.length + (await reader.readInto(target.subarray(taken.length)));
    },
    cancel: () => reader.cancel(),
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}
