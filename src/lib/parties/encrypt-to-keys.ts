// `encrypt --to`: seals to public keys, without any Azure.

import { type SealedFile, sealFile } from './seal-file.js';
import type { UseCaseContext } from '../ports/use-case.js';
import { readRecipientKeys } from './recipient-keys.js';

export interface EncryptToKeysRequest {
  /** File, directory, pattern, or `-`. */
  readonly file: string;
  /** Files with the public keys. */
  readonly to: readonly string[];
  /** Path to write, or a sink. */
  readonly output: string | ((chunk: Uint8Array) => Promise<void>);
}

/** @throws CleanroomError USAGE without keys, and as sealFile */
export async function encryptToKeys(
  { file, to, output }: EncryptToKeysRequest,
  { progress, signal }: UseCaseContext,
): Promise<SealedFile> {
  const recipients = await readRecipientKeys(to);
  return sealFile({ source: file, recipients, output, stdin: process.stdin, signal, progress });
}
