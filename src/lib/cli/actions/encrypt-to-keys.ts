// `encrypt --to`: seals to public keys, without any Azure.

import { CleanroomError } from '../../base/errors.js';
import { type SealedFile, sealFile } from '../../parties/seal-file.js';
import type { ActionContext } from '../action-context.js';
import type { Outcome } from '../base-command.js';
import { outputOf } from '../../terminal/stdout-writer.js';
import { readRecipientKeys } from '../recipient-keys.js';

export interface EncryptToKeysRequest {
  /** File, directory, pattern, or `-`. */
  readonly file: string;
  /** Files with the public keys. */
  readonly to: readonly string[] | undefined;
  /** File to write; stdout if absent. */
  readonly out: string | undefined;
}

/** @throws CleanroomError USAGE without keys, and as sealFile */
export async function encryptToKeys(
  { file, to, out }: EncryptToKeysRequest,
  { progress, signal, stdout }: ActionContext,
): Promise<Outcome<SealedFile>> {
  if (to === undefined)
    throw new CleanroomError('USAGE', 'encrypt needs -f CONTRACT --dataset ID, or --to KEY.jwk');
  const recipients = await readRecipientKeys(to);
  const output = outputOf(out, stdout);
  const result = await sealFile({
    source: file,
    recipients,
    output,
    stdin: process.stdin,
    signal,
    progress,
  });
  if (typeof output !== 'string') return { result };
  return { result, text: `sealed ${result.bytes} bytes to ${output} for ${recipients.length} recipient(s)` };
}
