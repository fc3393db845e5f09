// The text of a demo: looked at before anything is started.

import { CleanroomError } from '../../base/errors.js';
import { readTextBounded } from '../../base/files/read-bounded.js';

const MAX_TEXT_BYTES = 64 * 1024 * 1024;
/* Share of letters that the demo's model, which knows English only, must be able to read. */
const READABLE_SHARE = 0.9;

export interface DemoText {
  /** Whether the demo's model can read it; its sentences are picked otherwise. */
  readonly forModel: boolean;
}

/** @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE, TEXT_NOT_UTF8, FILE_EMPTY */
export async function openSource(path: string): Promise<DemoText> {
  const text = await readTextBounded(path, MAX_TEXT_BYTES);
  if (text.trim() === '') throw new CleanroomError('FILE_EMPTY', `${path} holds no text`);
  const letters = text.match(/\p{Letter}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  return { forModel: letters > 0 && latin / letters >= READABLE_SHARE };
}
