// Documents on their way to the thread that summarizes: a batch at a time, so that neither thread holds all of them.

import type { SourceDocument } from './documents.js';

/** Documents in their order, in batches. */
export type DocumentBatches = AsyncIterable<readonly SourceDocument[]>;

/** The same documents as often as they are asked for, each time from the first. */
export type DocumentPasses = () => DocumentBatches;

/* Of a batch, unless one document is longer. */
const BATCH_CHARACTERS = 256 * 1024;
const BATCH_DOCUMENTS = 256;

/** Puts documents into batches of bounded length. */
export async function* inBatches(documents: AsyncIterable<SourceDocument>): DocumentBatches {
  let batch: SourceDocument[] = [];
  let characters = 0;
  for await (const document of documents) {
    if (batch.length === BATCH_DOCUMENTS || characters + document.text.length > BATCH_CHARACTERS) {
      if (batch.length > 0) yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(document);
    characters += document.text.length;
  }
  if (batch.length > 0) yield batch;
}

/** The documents of batches, one by one. */
export async function* outOfBatches(batches: DocumentBatches): AsyncGenerator<SourceDocument> {
  for await (const batch of batches) yield* batch;
}
