// The documents of a shard, out of all datasets. Every room finds the same places, because the sealed manifests say them.

import { CleanroomError } from '../../base/errors.js';
import { type PlacedDocument, placeDocuments } from '../../sealed-blob/engine/documents.js';
import type { OpenedRanges } from '../../sealed-blob/engine/open-ranges.js';
import { MAX_SOURCE_BYTES } from '../../summarizer/size-limits.js';
import type { DocumentBytes } from '../document-batches.js';

/** Where a document of the shard stands in its dataset, and its place in the run. */
export interface ShardPlace extends PlacedDocument {
  readonly place: number;
}

/** A document of the shard. */
export interface ShardDocument extends DocumentBytes {
  readonly place: number;
}

export interface ShardOfDataset {
  /** How many documents the dataset has. */
  readonly count: number;
  readonly own: readonly ShardPlace[];
}

/**
 * Reads the manifest of a dataset, and no document.
 *
 * @param first - place of its first document.
 * @throws CleanroomError SEALED_BLOB_REJECTED, FILE_TOO_LARGE, and what the blob's source throws
 */
export async function placeShardOf(
  blob: OpenedRanges,
  first: number,
  isOwn: (place: number) => boolean,
): Promise<ShardOfDataset> {
  const documents = await placeDocuments(blob);
  if (documents.reduce((sum, { start, end }) => sum + end - start, 0) > MAX_SOURCE_BYTES)
    throw new CleanroomError('FILE_TOO_LARGE', `the documents exceed ${MAX_SOURCE_BYTES} bytes`);
  const own = documents.flatMap((document, index) =>
    isOwn(first + index) ? [{ ...document, place: first + index }] : [],
  );
  return { count: documents.length, own };
}

/* Of a batch, unless one document is longer. */
const BATCH_BYTES = 512 * 1024;

/** Places in batches that are read together, by the lengths that the manifest says. */
export function inReads(places: readonly ShardPlace[]): readonly (readonly ShardPlace[])[] {
  const reads: ShardPlace[][] = [];
  let bytes = Infinity;
  for (const place of places) {
    bytes += place.end - place.start;
    if (bytes > BATCH_BYTES) {
      reads.push([]);
      bytes = place.end - place.start;
    }
    reads.at(-1)?.push(place);
  }
  return reads;
}

/** Reads these documents, and of the others nothing but what stands in the same segments. @throws CleanroomError SEALED_BLOB_REJECTED */
export async function readPlaces(
  dataset: string,
  blob: OpenedRanges,
  places: readonly ShardPlace[],
): Promise<readonly ShardDocument[]> {
  const found: ShardDocument[] = [];
  for await (const bytes of blob.read(places)) {
    const { place, name } = places[found.length] ?? { place: -1, name: '' };
    found.push({ place, dataset, title: `${dataset}/${name}`, bytes });
  }
  return found;
}
