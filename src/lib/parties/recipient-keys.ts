// Public keys of recipients, from the files that the command line names.

import { readTextBounded } from '../base/files/read-bounded.js';
import { readRecipientKey, type RecipientKey } from '../keys/recipient-key.js';

const MAX_JWK_BYTES = 64 * 1024;

/** In the order of the files. @throws CleanroomError FILE_*, and as readRecipientKey */
export async function readRecipientKeys(paths: readonly string[]): Promise<readonly RecipientKey[]> {
  const keys: RecipientKey[] = [];
  for (const path of paths) keys.push(readRecipientKey(await readTextBounded(path, MAX_JWK_BYTES)));
  return keys;
}
