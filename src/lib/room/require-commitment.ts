// A room reads only what opens to one text for everybody: AES-GCM does not commit to its key, so the header must.

import { CleanroomError } from '../base/errors.js';
import type { SealedHeader } from '../sealed-blob/format/header.js';

/**
 * Elsewhere a header of an earlier version is read, and said to have none.
 *
 * @throws CleanroomError DATASET_REFUSED
 */
export function requireCommitment(datasetId: string, { protected: claims }: SealedHeader): void {
  if (claims.commit !== undefined) return;
  throw new CleanroomError(
    'DATASET_REFUSED',
    `dataset ${datasetId} is refused: its header does not commit to its data key`,
    { hint: 'Its owner seals it again with this version: cleanroom encrypt' },
  );
}
