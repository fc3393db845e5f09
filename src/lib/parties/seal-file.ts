// `encrypt --to`: seals without any Azure, from file, directory or pipe to file or pipe.

import { sha256Hex } from '../base/bytes/digest.js';
import { writeStreamAtomic } from '../base/files/streamed-output.js';
import type { Progress } from '../base/progress.js';
import type { SealedHeader } from '../sealed-blob/format/header.js';
import type { RecipientKey } from '../keys/recipient-key.js';
import { sealStream } from '../sealed-blob/engine/seal.js';
import { sealFiles, WORTH_THREADS } from '../sealed-blob/engine/file-engine.js';
import { createBufferRing } from '../sealed-blob/engine/segmenter.js';
import { createByteProgress } from '../base/byte-progress.js';
import { openPlaintext, type Plaintext } from './plaintext-source.js';

const SEALED_MODE = 0o644;

export interface SealFileInput {
  /** File, directory, pattern, or `-`. */
  readonly source: string;
  readonly recipients: readonly RecipientKey[];
  /** File, or a writer of chunks for a pipe. */
  readonly output: string | ChunkWriter;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Takes chunks one after the other; resolves when it can take more. */
export type ChunkWriter = (chunk: Uint8Array) => Promise<void>;

export interface SealedFile {
  /** Of the whole blob. */
  readonly bytes: number;
  readonly documents: number;
  readonly headerDigest: string;
  readonly recipients: readonly { readonly kid: string; readonly alg: string }[];
}

/**
 * Seals any bytes, none included; the output appears whole or not at all.
 *
 * @throws CleanroomError as openPlaintext, sealStream, sealFiles, writeStreamAtomic
 */
export async function sealFile(input: SealFileInput): Promise<SealedFile> {
  const plaintext = await openPlaintext(input.source, input.stdin, 'bytes');
  try {
    input.progress.phase('sealing');
    const { header, bytes } = await sealPlaintext(input, plaintext);
    return describe(header, bytes, plaintext.documents);
  } finally {
    await plaintext.close();
  }
}

async function sealPlaintext(
  input: SealFileInput,
  { series, reader, size, mediaType }: Plaintext,
): Promise<{ readonly header: SealedHeader; readonly bytes: number }> {
  const { recipients, output, signal, progress } = input;
  const options = { recipients, protected: { cty: mediaType } };
  const advance = createByteProgress(progress, size);
  if (series !== null && series.bytes >= WORTH_THREADS && typeof output === 'string') {
    const files = { ...options, content: 'bytes', mode: SEALED_MODE, signal, written: advance } as const;
    const { header, payloadBytes } = await sealFiles(series, output, files);
    return { header, bytes: header.raw.length + payloadBytes };
  }
  const buffers = createBufferRing();
  const { header, payload } = sealStream(reader, { ...options, buffers });
  const bytes = await writeChunks(input, prependChunk(header.raw, payload), (chunk) => {
    advance(chunk.length);
    buffers.give(chunk);
  });
  return { header, bytes };
}

/** Writes to a file, whole or not at all, or to a pipe. */
export async function writeChunks(
  { output, signal }: Pick<SealFileInput, 'output' | 'signal'>,
  chunks: AsyncIterable<Uint8Array>,
  written: (chunk: Uint8Array) => void,
  mode = SEALED_MODE,
): Promise<number> {
  if (typeof output === 'string') return writeStreamAtomic(output, chunks, { mode, signal, written });
  let bytes = 0;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    await output(chunk);
    bytes += chunk.length;
    written(chunk);
  }
  return bytes;
}

/** `first`, then `rest`. */
export async function* prependChunk(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  yield* rest;
}

function describe(header: SealedHeader, bytes: number, documents: number): SealedFile {
  return {
    bytes,
    documents,
    headerDigest: sha256Hex(header.raw),
    recipients: header.recipients.map((recipient) => ({
      kid: recipient.header.kid,
      alg: recipient.header.alg,
    })),
  };
}
