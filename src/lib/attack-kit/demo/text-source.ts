// The text of a demo: looked at before anything is started.

import { basename } from 'node:path';

import { readFileBounded } from '../../base/files/read-bounded.js';
import { MAX_SOURCE_BYTES } from '../../summarizer/size-limits.js';
import { decodeSource } from '../../summarizer/source-text.js';

/* Share of letters that the demo's model, which knows English only, must be able to read. */
const READABLE_SHARE = 0.9;

export interface DemoText {
  /** Whether the demo's model can read it; its sentences are picked otherwise. */
  readonly forModel: boolean;
}

/** @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE, TEXT_BINARY, TEXT_NOT_UTF8, TEXT_EMPTY */
export async function openSource(path: string): Promise<DemoText> {
  const { text } = decodeSource(basename(path), await readFileBounded(path, MAX_SOURCE_BYTES));
  const letters = text.match(/\p{Letter}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  return { forModel: letters > 0 && latin / letters >= READABLE_SHARE };
}
