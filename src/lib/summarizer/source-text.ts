// Bytes to the text of a document, or a clear word about why they are none.

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { CleanroomError } from '../base/errors.js';
import { MAX_SOURCE_BYTES } from './size-limits.js';
import type { SourceDocument } from './summarizer.js';

const UTF16 = [
  [0xff, 0xfe],
  [0xfe, 0xff],
];
/** How far a file is looked at for signs of binary data. */
const SAMPLE = 64 * 1024;

/**
 * The document in `bytes`: UTF-8, a byte order mark dropped. It may hold any character; nothing here obeys one.
 *
 * @throws CleanroomError TEXT_EMPTY, TEXT_BINARY (NUL bytes, or mostly control characters), TEXT_NOT_UTF8, FILE_TOO_LARGE
 */
export function decodeSource(name: string, bytes: Uint8Array): SourceDocument {
  const label = JSON.stringify(name);
  if (bytes.length > MAX_SOURCE_BYTES)
    throw new CleanroomError('FILE_TOO_LARGE', `${label} is larger than ${MAX_SOURCE_BYTES} bytes`);
  if (UTF16.some((mark) => mark.every((byte, index) => bytes[index] === byte)))
    throw new CleanroomError('TEXT_NOT_UTF8', `${label} is UTF-16, not UTF-8`, {
      hint: 'Convert it first: iconv -f utf-16 -t utf-8 FILE',
    });
  if (looksBinary(bytes)) throw new CleanroomError('TEXT_BINARY', `${label} is binary data, not text`);
  const text = decodeUtf8(bytes);
  if (text === null) throw new CleanroomError('TEXT_NOT_UTF8', `${label} is not UTF-8 text`);
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (plain.trim() === '') throw new CleanroomError('TEXT_EMPTY', `${label} holds no words`);
  return { name, text: plain };
}

function looksBinary(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, SAMPLE);
  let controls = 0;
  for (const byte of sample) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) controls++;
  return sample.includes(0) || controls > sample.length / 20;
}
