// The documents of a shard, out of all datasets. Every room finds the same places, because the sealed manifests say them.

import { concatBytes } from '../../base/bytes/arrays.js';
import { CleanroomError, type ErrorCode } from '../../base/errors.js';
import { openDocuments } from '../../sealed-blob/engine/documents.js';
import type { OpenedBlob } from '../../sealed-blob/engine/open.js';
import { MAX_SOURCE_BYTES } from '../../summarizer/size-limits.js';
import { decodeSource } from '../../summarizer/source-text.js';
import type { SourceDocument } from '../documents.js';
import { codeOf } from '../made.js';

/** A document of the shard: its text, or why it has none that can be read. */
export interface ShardDocument {
  readonly place: number;
  readonly content: SourceDocument | { readonly failed: ErrorCode };
}

export interface ShardOfDataset {
  /** How many documents the dataset has. */
  readonly count: number;
  readonly own: readonly ShardDocument[];
}

/**
 * Reads a dataset whole, since its digest is its owner's word, and keeps the documents of the shard.
 *
 * @param first - place of its first document.
 * @throws CleanroomError SEALED_BLOB_REJECTED, FILE_TOO_LARGE
 */
export async function readShardOf(
  dataset: string,
  blob: OpenedBlob,
  first: number,
  isOwn: (place: number) => boolean,
): Promise<ShardOfDataset> {
  const own: ShardDocument[] = [];
  let count = 0;
  let bytes = 0;
  for await (const document of openDocuments(blob)) {
    const place = first + count++;
    const chunks: Uint8Array[] = [];
    for await (const chunk of document.content) {
      bytes += chunk.length;
      if (bytes > MAX_SOURCE_BYTES)
        throw new CleanroomError('FILE_TOO_LARGE', `the documents exceed ${MAX_SOURCE_BYTES} bytes`);
      if (isOwn(place)) chunks.push(chunk);
    }
    if (isOwn(place)) own.push({ place, content: decode(dataset, document.name, chunks) });
  }
  return { count, own };
}

function decode(dataset: string, name: string, chunks: readonly Uint8Array[]): ShardDocument['content'] {
  try {
    const { text } = decodeSource(`a document of dataset ${dataset}`, concatBytes(...chunks));
    return { dataset, title: `${dataset}/${name}`, text };
  } catch (error) {
    return { failed: codeOf(error) };
  }
}
