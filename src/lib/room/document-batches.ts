// Documents on their way to the thread that summarizes: a batch at a time, so that neither thread holds all of them; and as the bytes
// that they are, so that only that thread makes text of them.

import { CleanroomError, type ErrorCode } from '../base/errors.js';
import { decodeSource } from '../summarizer/source-text.js';
import type { SourceDocument } from './documents.js';

/** A document as it lies in its dataset. */
export interface DocumentBytes {
  readonly dataset: string;
  /** As SourceDocument has it. */
  readonly title: string;
  readonly bytes: Uint8Array;
}

/** A document as the thread reads it; one that is no text is the empty text. */
export interface ThreadDocument extends SourceDocument {
  /** Why it is no text. */
  readonly failed?: ErrorCode;
}

/** The same documents as often as they are asked for, each time from the first, in batches. */
export type BytePasses = () => AsyncIterable<readonly DocumentBytes[]>;
export type DocumentPasses = () => AsyncIterable<readonly ThreadDocument[]>;

/* Of a batch, unless one document is longer. */
const BATCH_BYTES = 256 * 1024;
const BATCH_DOCUMENTS = 256;

/** Puts documents into batches of bounded length. */
export async function* inBatches(
  documents: AsyncIterable<DocumentBytes>,
): AsyncGenerator<readonly DocumentBytes[]> {
  let batch: DocumentBytes[] = [];
  let bytes = 0;
  for await (const document of documents) {
    if (batch.length === BATCH_DOCUMENTS || bytes + document.bytes.length > BATCH_BYTES) {
      if (batch.length > 0) yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(document);
    bytes += document.bytes.length;
  }
  if (batch.length > 0) yield batch;
}

/** The documents of batches, one by one. */
export async function* outOfBatches(
  batches: AsyncIterable<readonly ThreadDocument[]>,
): AsyncGenerator<ThreadDocument> {
  for await (const batch of batches) yield* batch;
}

/** A batch in one piece of memory, which one thread gives to the other. */
export interface PackedBatch {
  readonly memory: Uint8Array<ArrayBuffer>;
  /** Of each document, and where it ends. */
  readonly documents: readonly (Pick<DocumentBytes, 'dataset' | 'title'> & { readonly end: number })[];
}

export function packBatch(batch: readonly DocumentBytes[]): PackedBatch {
  const memory = new Uint8Array(batch.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let end = 0;
  const documents = batch.map(({ dataset, title, bytes }) => {
    memory.set(bytes, end);
    return { dataset, title, end: (end += bytes.length) };
  });
  return { memory, documents };
}

export function unpackBatch({ memory, documents }: PackedBatch): readonly ThreadDocument[] {
  let start = 0;
  return documents.map(({ dataset, title, end }) => {
    const bytes = memory.subarray(start, end);
    start = end;
    return { dataset, title, ...textOf(bytes) };
  });
}

function textOf(bytes: Uint8Array): Pick<ThreadDocument, 'text' | 'failed'> {
  try {
    return { text: decodeSource('a document', bytes).text };
  } catch (error) {
    return { text: '', failed: error instanceof CleanroomError ? error.code : 'INTERNAL' };
  }
}
