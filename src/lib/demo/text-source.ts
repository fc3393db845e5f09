// The text of a demo: looked at before anything is started.

import { CleanroomError } from '../errors.js';
import { readTextBounded } from '../files/read-bounded.js';

const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/** @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE, TEXT_NOT_UTF8, FILE_EMPTY */
export async function openSource(path: string): Promise<void> {
  const text = await readTextBounded(path, MAX_TEXT_BYTES);
  if (text.trim() === '') throw new CleanroomError('FILE_EMPTY', `${path} holds no text`);
}
