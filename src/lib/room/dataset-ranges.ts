// Reading a part of an owner's sealed dataset: only the segments that hold it. What a room reads in this way is its owner's, segment
// for segment; that the whole payload is the one of the statement is found by the room that merges, which reads all.

import { CleanroomError } from '../base/errors.js';
import { type OpenedRanges, openRanges } from '../sealed-blob/engine/open-ranges.js';
import type { DatasetAccess, UnlockedDataset } from './dataset.js';

/**
 * Opens a dataset by range; to be closed by the caller. The payload's length is the owner's word, and each segment opens only under the key
 * that the owner's header commits to, in its own place: one that is cut off, moved, repeated or made by another is refused.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, BLOB_CHANGED, DATASET_REFUSED
 */
export async function openDatasetRanges(
  { client }: Pick<DatasetAccess, 'client'>,
  { dataset, key, sealed }: UnlockedDataset,
): Promise<OpenedRanges> {
  const { address, version, header, statement } = sealed;
  const front = header.raw.length;
  if (version.length - front !== statement.payload.bytes)
    throw new CleanroomError(
      'DATASET_REFUSED',
      `dataset ${dataset.id} is refused: its payload has another length than the one that was sealed`,
    );
  const source = {
    bytes: statement.payload.bytes,
    read: (start: number, end: number) => client.readRange(address, version, front + start, front + end),
  };
  return openRanges(header, source, () => [key]);
}
