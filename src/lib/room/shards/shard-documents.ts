// The documents of a shard, out of all datasets. Every room finds the same places, because the sealed manifests say them.

import { CleanroomError, type ErrorCode } from '../../base/errors.js';
import { placeDocuments } from '../../sealed-blob/engine/documents.js';
import type { OpenedRanges } from '../../sealed-blob/engine/open-ranges.js';
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
 * Reads the manifest of a dataset and the documents of the shard; of the others nothing but what stands in the same segments.
 *
 * @param first - place of its first document.
 * @throws CleanroomError SEALED_BLOB_REJECTED, FILE_TOO_LARGE, and what the blob's source throws
 */
export async function readShardOf(
  dataset: string,
  blob: OpenedRanges,
  first: number,
  isOwn: (place: number) => boolean,
): Promise<ShardOfDataset> {
  const documents = await placeDocuments(blob);
  if (documents.reduce((sum, { start, end }) => sum + end - start, 0) > MAX_SOURCE_BYTES)
    throw new CleanroomError('FILE_TOO_LARGE', `the documents exceed ${MAX_SOURCE_BYTES} bytes`);
  const placed = documents.map((document, index) => ({ ...document, place: first + index }));
  const wanted = placed.filter(({ place }) => isOwn(place));
  const own: ShardDocument[] = [];
  for await (const bytes of blob.read(wanted)) {
    const { place, name } = wanted[own.length] ?? { place: first, name: '' };
    own.push({ place, content: decode(dataset, name, bytes) });
  }
  return { count: documents.length, own };
}

function decode(dataset: string, name: string, bytes: Uint8Array): ShardDocument['content'] {
  try {
    const { text } = decodeSource(`a document of dataset ${dataset}`, bytes);
    return { dataset, title: `${dataset}/${name}`, text };
  } catch (error) {
    return { failed: codeOf(error) };
  }
}
