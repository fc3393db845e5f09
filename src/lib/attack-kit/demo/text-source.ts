// The text of a demo: looked at before anything is started.

import { Readable } from 'node:stream';

import { type Script, scriptsOf } from '../../contract/limits/alphabet.js';
import { languageOf } from '../../summarizer/function-words.js';
import { readDocuments } from '../../summarizer/read-documents.js';
import { words } from '../../summarizer/words.js';

/** Characters that are looked at. */
const SAMPLE = 20_000;

export interface DemoText {
  /** Whether it is English, which the demo's model was trained on; its sentences are picked otherwise. */
  readonly forModel: boolean;
  readonly scripts: readonly Script[];
}

/** @throws CleanroomError as readDocuments */
export async function openSource(path: string): Promise<DemoText> {
  const documents = await readDocuments(path, Readable.from([]));
  const sample = documents
    .map(({ text }) => text)
    .join('\n')
    .slice(0, SAMPLE);
  return { forModel: languageOf(words(sample)) === 'en', scripts: scriptsOf(sample) };
}
