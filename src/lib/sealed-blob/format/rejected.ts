// The one error for every way in which a sealed blob can be wrong: what exactly, nobody is told.

import { CleanroomError } from '../../base/errors.js';

/** The same for a wrong key, a flipped bit, a cut, and bytes that are no sealed blob at all. */
export function sealedBlobRejected(): CleanroomError {
  return new CleanroomError('SEALED_BLOB_REJECTED', 'the sealed blob cannot be opened with this key');
}
