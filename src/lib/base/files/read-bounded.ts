// Whole files into memory, with a bound on their size and an error that says which of the usual things is wrong.

import { open } from 'node:fs/promises';

import { decodeUtf8 } from '../bytes/arrays.js';
import { CleanroomError, describeCause, openFilesExhausted, systemErrorCode } from '../errors.js';

/**
 * The bytes of a regular file (or pipe) of at most `maxBytes`.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE
 */
export async function readFileBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const chunks: Buffer[] = [];
      let length = 0;
      for await (const chunk of file.createReadStream({ autoClose: false })) {
        length += (chunk as Buffer).length;
        if (length > maxBytes)
          throw new CleanroomError('FILE_TOO_LARGE', `${path} is larger than ${maxBytes} bytes`);
        chunks.push(chunk as Buffer);
      }
      return Buffer.concat(chunks);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/**
 * Everything that `stream` brings, at most `maxBytes`; `name` stands for it in errors.
 *
 * @throws CleanroomError FILE_TOO_LARGE, FILE_UNREADABLE
 */
export async function readStreamBounded(
  stream: AsyncIterable<unknown>,
  name: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk as Uint8Array);
      length += bytes.length;
      if (length > maxBytes)
        throw new CleanroomError('FILE_TOO_LARGE', `${name} is larger than ${maxBytes} bytes`);
      chunks.push(bytes);
    }
  } catch (cause) {
    throw fileError(name, cause);
  }
  return Buffer.concat(chunks);
}

/** The UTF-8 text of a file of at most `maxBytes`. @throws as readFileBounded, and TEXT_NOT_UTF8 */
export async function readTextBounded(path: string, maxBytes: number): Promise<string> {
  const text = decodeUtf8(await readFileBounded(path, maxBytes));
  if (text === null) throw new CleanroomError('TEXT_NOT_UTF8', `${path} is not UTF-8 text`);
  return text;
}

/** The CleanroomError for a failed read of `path`. */
export function fileError(path: string, cause: unknown): CleanroomError {
  if (cause instanceof CleanroomError) return cause;
  if (systemErrorCode(cause) === 'ENOENT')
    return new CleanroomError('FILE_NOT_FOUND', `${path} does not exist`, { cause });
  return (
    openFilesExhausted(cause) ??
    new CleanroomError('FILE_UNREADABLE', `${path} cannot be read: ${describeCause(cause)}`, { cause })
  );
}
