// Bytes to the text of a document, or a clear word about why they are none.

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { CleanroomError } from '../base/errors.js';
import { createTextCheck } from '../base/files/text-check.js';
import { MAX_SOURCE_BYTES } from './size-limits.js';
import type { SourceDocument } from './summarizer.js';

/**
 * The document in `bytes`: UTF-8, a byte order mark dropped. It may hold any character; nothing here obeys one. Errors call it
 * `label`.
 *
 * @throws CleanroomError TEXT_EMPTY, TEXT_BINARY (NUL bytes, or many control characters), TEXT_NOT_UTF8, FILE_TOO_LARGE
 */
export function decodeSource(name: string, bytes: Uint8Array, label = JSON.stringify(name)): SourceDocument {
  if (bytes.length > MAX_SOURCE_BYTES)
    throw new CleanroomError('FILE_TOO_LARGE', `${label} is larger than ${MAX_SOURCE_BYTES} bytes`);
  const check = createTextCheck(label);
  check.add(bytes);
  check.end();
  const text = decodeUtf8(bytes) ?? '';
  return { name, text: text.startsWith('\ufeff') ? text.slice(1) : text };
}
