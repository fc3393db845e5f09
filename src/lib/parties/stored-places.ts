// What the owners' storage says of a place of the budget, as far as whoever asks may read it.

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { CleanroomError } from '../base/errors.js';
import type { ParsedContract } from '../contract/check.js';
import { blobUrl, budgetBlob } from '../contract/room-plan.js';
import type { ContractBlob } from '../contract/schema.js';
import { placeOfEntry } from '../evidence/budget-entries.js';
import type { KnownPlace } from '../evidence/receipt-places.js';
import type { BlobStore } from '../ports/ports.js';

const MAX_ENTRY_BYTES = 64 * 1024;

export interface StoredPlaces {
  readonly known: readonly KnownPlace[];
  /** URLs of entries that should be there and are not. */
  readonly removed: readonly string[];
}

/** Entry and closing of `place` in every account of the contract. An account that may not be read is left out. */
export async function readStoredPlaces(
  { contract, digest }: ParsedContract,
  place: number,
  blobs: Pick<BlobStore, 'read'>,
): Promise<StoredPlaces> {
  const names = contract.datasets.flatMap((dataset) => {
    const blob = budgetBlob(dataset);
    return ['', '.closed'].map((end) => ({ ...blob, name: `${blob.name}.budget.${place}${end}` }));
  });
  const each = [...new Map(names.map((blob) => [blobUrl(blob), blob])).values()];
  const found = await Promise.all(each.map((blob) => readEntry(blob, blobs)));
  const known = found.flatMap((text, index) => {
    const from = `the budget entry ${urlOf(each[index])}`;
    if (typeof text !== 'string') return [];
    const entry = placeOfEntry(text);
    // What is no entry of this place took it from the run that the receipt is of.
    const isOfPlace = entry?.contract === digest && entry.place === place;
    return { ...(isOfPlace ? entry : { contract: digest, place, inputs: null, output: null }), from };
  });
  return { known, removed: each.filter((_, index) => found[index] === null).map(blobUrl) };
}

function urlOf(blob: ContractBlob | undefined): string {
  return blob === undefined ? '' : blobUrl(blob);
}

/* Null where there is none, undefined where it may not be read. */
async function readEntry(
  blob: ContractBlob,
  blobs: Pick<BlobStore, 'read'>,
): Promise<string | null | undefined> {
  try {
    const stored = await blobs.read(blob, MAX_ENTRY_BYTES);
    return stored === null ? null : (decodeUtf8(stored.bytes) ?? '');
  } catch (cause) {
    if (cause instanceof CleanroomError) return undefined;
    throw cause;
  }
}
