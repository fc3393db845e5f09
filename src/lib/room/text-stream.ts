// The documents of a run one after the other, each payload held against its owner's statement at its end: nobody keeps all of them.

import { openDocuments } from '../sealed-blob/engine/documents.js';
import { CleanroomError } from '../base/errors.js';
import { concatBytes } from '../base/bytes/arrays.js';
import { MAX_SOURCE_BYTES } from '../summarizer/size-limits.js';
import { openDataset, type UnlockedDataset } from './dataset.js';
import type { DocumentBytes } from './document-batches.js';
import type { WorkContext } from './made.js';
import { retrying } from './retry.js';

/**
 * The documents of all datasets of texts, in the contract's order. What was read may be used only when the stream has ended without
 * an error. How much is read does not depend on what is in a text. A payload that breaks off is read again from its beginning, and
 * what was given of it is not given twice.
 *
 * @throws CleanroomError FILE_TOO_LARGE, SEALED_BLOB_REJECTED, BLOB_CHANGED, DATASET_REFUSED, SERVICE_UNREACHABLE
 */
export async function* streamTexts(
  context: WorkContext,
  unlocked: readonly UnlockedDataset[],
): AsyncGenerator<DocumentBytes, void, undefined> {
  for (const item of unlocked.filter(({ dataset }) => dataset.kind === 'text'))
    yield* patientStream(context, item);
}

async function* patientStream(
  context: WorkContext,
  item: UnlockedDataset,
): AsyncGenerator<DocumentBytes, void, undefined> {
  let given = 0;
  let stream: AsyncGenerator<DocumentBytes, void, undefined> | null = null;
  const next = async (): Promise<IteratorResult<DocumentBytes, void>> => {
    try {
      if (stream === null) {
        stream = streamOf(context, item);
        for (let skipped = 0; skipped < given; skipped++) await stream.next();
      }
      return await stream.next();
    } catch (error) {
      stream = null;
      throw error;
    }
  };
  for (;;) {
    const { value, done } = await retrying(next, { ...context, onWait: () => undefined });
    if (done === true) return;
    given++;
    yield value;
  }
}

async function* streamOf(
  context: WorkContext,
  item: UnlockedDataset,
): AsyncGenerator<DocumentBytes, void, undefined> {
  const { id } = item.dataset;
  const opened = await openDataset(context, item);
  let bytes = 0;
  for await (const { name, content } of openDocuments(opened.blob)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > MAX_SOURCE_BYTES)
        throw new CleanroomError('FILE_TOO_LARGE', `the documents exceed ${MAX_SOURCE_BYTES} bytes`);
      chunks.push(chunk);
    }
    const [only] = chunks;
    const whole = chunks.length === 1 && only !== undefined ? only : concatBytes(...chunks);
    yield { dataset: id, title: `${id}/${name}`, bytes: whole };
  }
  opened.requireWhole();
}
