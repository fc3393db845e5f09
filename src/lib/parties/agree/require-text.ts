// Before anything is signed: can the text that an owner names be sealed at all?

import { openPlaintext } from '../plaintext-source.js';
import type { ContentKind } from '../plaintext-source.js';

const PIECE_BYTES = 1024 * 1024;

/**
 * Reads it once, to its end, by the rules that sealing has; a pipe can be read once only and is left alone.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, DOCUMENTS_INVALID, TEXT_BINARY, TEXT_NOT_UTF8, TEXT_EMPTY, FILE_CHANGED
 */
export async function requireText(path: string, kind: ContentKind): Promise<void> {
  if (path === '-') return;
  const plaintext = await openPlaintext(path, process.stdin, kind);
  try {
    if (plaintext.series === null) return;
    const piece = new Uint8Array(PIECE_BYTES);
    while ((await plaintext.reader.readInto(piece)) > 0);
  } finally {
    await plaintext.close();
  }
}
