// The text of a demo: looked at before anything is started.

import { basename } from 'node:path';

import { readFileBounded } from '../../base/files/read-bounded.js';
import { type Script, scriptsOf } from '../../contract/limits/alphabet.js';
import { languageOf } from '../../summarizer/function-words.js';
import { MAX_SOURCE_BYTES } from '../../summarizer/size-limits.js';
import { decodeSource } from '../../summarizer/source-text.js';
import { words } from '../../summarizer/words.js';

/** Characters that are looked at. */
const SAMPLE = 20_000;

export interface DemoText {
  /** Whether it is English, which the demo's model was trained on; its sentences are picked otherwise. */
  readonly forModel: boolean;
  readonly scripts: readonly Script[];
}

/** @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE, TEXT_BINARY, TEXT_NOT_UTF8, TEXT_EMPTY */
export async function openSource(path: string): Promise<DemoText> {
  const { text } = decodeSource(basename(path), await readFileBounded(path, MAX_SOURCE_BYTES));
  const sample = text.slice(0, SAMPLE);
  return { forModel: languageOf(words(sample)) === 'en', scripts: scriptsOf(sample) };
}
