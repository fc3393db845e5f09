// Headers of the sealed blobs of a contract, for whoever holds a receipt against them.

import type { SealedBlobKeys } from '../evidence/receipt-keys.js';
import { sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import type { ContractBlob } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { headerSize, parseHeader } from '../sealed-blob/format/header.js';
import { HEADER_OFFSET } from '../sealed-blob/format/layout.js';
import type { BlobStore } from '../ports/ports.js';
import { readSealedHeader, recipientsOf } from './sealed-file.js';
import { openSealedPath } from './sealed-location.js';

/**
 * Of every dataset whose blob may be read. One that may not, or that is not there any more, is left out: it is no fault of
 * the receipt, and whoever compares says what it had nothing to compare with.
 */
export async function readSealedKeys(
  { contract }: ParsedContract,
  blobs: Pick<BlobStore, 'readRange'>,
): Promise<readonly SealedBlobKeys[]> {
  const found = await Promise.all(contract.datasets.map(({ blob }) => readStored(blob, blobs)));
  return found.filter((keys) => keys !== null);
}

async function readStored(
  blob: ContractBlob,
  blobs: Pick<BlobStore, 'readRange'>,
): Promise<SealedBlobKeys | null> {
  try {
    const start = await blobs.readRange(blob, 0, HEADER_OFFSET);
    const header = start === null ? null : await blobs.readRange(blob, 0, headerSize(start));
    return header === null
      ? null
      : { header: sha256Hex(header), recipients: recipientsOf(parseHeader(header)) };
  } catch (cause) {
    if (cause instanceof CleanroomError) return null;
    throw cause;
  }
}

/** Of a sealed blob on disk. @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, SEALED_BLOB_REJECTED */
export async function readSealedKeysOf(path: string): Promise<SealedBlobKeys> {
  const location = await openSealedPath(path);
  try {
    const header = await readSealedHeader(location);
    return { header: sha256Hex(header.raw), recipients: recipientsOf(header) };
  } finally {
    await location.close();
  }
}
