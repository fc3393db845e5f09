// From an opened blob to documents in memory: checked as text, bounded, titled.

import { decodeUtf8 } from '../bytes/arrays.js';
import type { ContractLimits } from '../contract/schema.js';
import { CleanroomError } from '../errors.js';
import { collectDocuments } from '../sealed-blob/documents.js';
import type { OpenedBlob } from '../sealed-blob/open.js';

/* Texts are held in memory as a whole; a container has some GiB. */
const MAX_TEXT_BYTES = 512 * 1024 * 1024;

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
 * @throws CleanroomError TEXT_NOT_UTF8, FILE_TOO_LARGE, SEALED_BLOB_REJECTED; no message holds any of the text.
 */
export async function readDocuments(dataset: string, blob: OpenedBlob): Promise<readonly SourceDocument[]> {
  const documents = await collectDocuments(blob, MAX_TEXT_BYTES);
  return documents.map(({ name, bytes }, index) => {
    const text = decodeUtf8(bytes);
    if (text === null)
      throw new CleanroomError(
        'TEXT_NOT_UTF8',
        `document ${index + 1} of dataset ${dataset} is not UTF-8 text`,
      );
    return { dataset, title: documents.length === 1 ? dataset : `${dataset}/${name}`, text };
  });
}

/**
 * Refuses early, before any model is loaded, if a dataset holds fewer documents than the contract demands of each.
 *
 * @throws CleanroomError LIMIT_REFUSED
 */
export function refuseTooFewDocuments(
  { minDocuments }: Pick<ContractLimits, 'minDocuments'>,
  documents: readonly SourceDocument[],
): void {
  for (const dataset of new Set(documents.map((document) => document.dataset))) {
    const distinct = new Set(
      documents.filter((document) => document.dataset === dataset).map(({ text }) => text),
    );
    if (distinct.size < minDocuments) {
      throw new CleanroomError(
        'LIMIT_REFUSED',
        `dataset ${dataset} holds ${distinct.size} distinct documents; the contract demands ${minDocuments}`,
      );
    }
  }
}
