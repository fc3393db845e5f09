// From an opened blob to documents in memory: checked as text, bounded, titled.

import type { TextLimits } from '../contract/schema.js';
import { collectDocuments } from '../sealed-blob/engine/documents.js';
import type { OpenedBlob } from '../sealed-blob/engine/open.js';
import { MAX_SOURCE_BYTES } from '../summarizer/size-limits.js';
import { decodeSource } from '../summarizer/source-text.js';
import { countDistinctDocuments } from '../summarizer/disclosure.js';

/** A document that is to be summarized. */
export interface SourceDocument {
  readonly dataset: string;
  /** Dataset id, and the document's name where the dataset has several. */
  readonly title: string;
  readonly text: string;
}

/**
 * Reads all documents of a dataset.
 *
 * @throws CleanroomError TEXT_EMPTY, TEXT_BINARY, TEXT_NOT_UTF8, FILE_TOO_LARGE, SEALED_BLOB_REJECTED; no message holds any of the text.
 */
export async function readDocuments(dataset: string, blob: OpenedBlob): Promise<readonly SourceDocument[]> {
  const documents = await collectDocuments(blob, MAX_SOURCE_BYTES);
  return documents.map(({ name, bytes }, index) => {
    const { text } = decodeSource(`document ${index + 1} of dataset ${dataset}`, bytes);
    return { dataset, title: documents.length === 1 ? dataset : `${dataset}/${name}`, text };
  });
}

/** Whether a dataset holds fewer documents than the contract demands of each: known before any model is loaded. */
export function hasTooFewDocuments(
  { minDocuments }: Pick<TextLimits, 'minDocuments'>,
  documents: readonly SourceDocument[],
): boolean {
  const datasets = new Set(documents.map((document) => document.dataset));
  return [...datasets].some((id) => {
    const own = documents.filter(({ dataset }) => dataset === id);
    const texts = own.map(({ text }) => text);
    return countDistinctDocuments(texts, minDocuments) < minDocuments;
  });
}
