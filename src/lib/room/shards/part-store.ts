// Parts in storage, one blob a document beside the result. Storage belongs to the host: what does not open is not there.

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import { blobUrl } from '../../contract/room-plan.js';
import type { Contract } from '../../contract/schema.js';
import type { BlobAddress, BlobClient } from '../blob-client.js';
import { type MadePart, openPart, partLength, sealPart } from './part.js';

/* Requests at a time. */
const AT_ONCE = 16;

export interface PartStore {
  readonly client: Pick<BlobClient, 'find' | 'readRange' | 'create' | 'write'>;
  /** Where parts are kept, without their place. */
  readonly base: BlobAddress;
  readonly key: Uint8Array;
  /** The most bytes that the text of a part may have. */
  readonly maxTextBytes: number;
}

/** Where the parts of a set of inputs are: each of its own inputs, so that a run never meets those of another. */
export function partsBase({ room }: Contract, inputs: Sha256Hex, sas: string): BlobAddress {
  return { url: `${blobUrl(room.resultBlob)}.part.${inputs}`, sas };
}

/**
 * Stores what a room made, all of it together. A part that another room of these inputs has stored stays; anything else in its
 * place is replaced.
 *
 * @throws CleanroomError BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE
 */
export async function storeParts(store: PartStore, parts: ReadonlyMap<number, MadePart>): Promise<void> {
  const all = [...parts];
  for (let start = 0; start < all.length; start += AT_ONCE)
    await Promise.all(
      all.slice(start, start + AT_ONCE).map(([place, part]) => storePart(store, place, part)),
    );
}

/** The parts in these places that are there and open. @throws CleanroomError BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE */
export async function readParts(
  store: PartStore,
  places: readonly number[],
): Promise<ReadonlyMap<number, MadePart>> {
  const found = new Map<number, MadePart>();
  for (let start = 0; start < places.length; start += AT_ONCE)
    for (const [place, part] of await readSome(store, places.slice(start, start + AT_ONCE)))
      if (part !== null) found.set(place, part);
  return found;
}

/** All parts in these places; null as soon as one is missing. @throws CleanroomError BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE */
export async function readAllParts(
  store: PartStore,
  places: readonly number[],
): Promise<ReadonlyMap<number, MadePart> | null> {
  const found = new Map<number, MadePart>();
  for (let start = 0; start < places.length; start += AT_ONCE)
    for (const [place, part] of await readSome(store, places.slice(start, start + AT_ONCE))) {
      if (part === null) return null;
      found.set(place, part);
    }
  return found;
}

function readSome(
  store: PartStore,
  places: readonly number[],
): Promise<readonly (readonly [number, MadePart | null])[]> {
  return Promise.all(places.map(async (place) => [place, await readPart(store, place)] as const));
}

async function readPart(store: PartStore, place: number): Promise<MadePart | null> {
  const stored = await readSealed(store, place);
  return stored === null ? null : openPart(store.key, place, stored.bytes);
}

async function storePart(store: PartStore, place: number, part: MadePart): Promise<void> {
  const blob = addressOf(store, place);
  const sealed = sealPart(store.key, place, part, store.maxTextBytes);
  if ((await store.client.create(blob, sealed)) === 'as-given') return;
  const stored = await readSealed(store, place);
  if (stored !== null && openPart(store.key, place, stored.bytes) !== null) return;
  const condition = stored === null ? { ifNoneMatch: '*' as const } : { ifMatch: stored.etag };
  if ((await store.client.write(blob, sealed, condition)) === null)
    throw new CleanroomError('BLOB_CHANGED', `the part in place ${place} kept changing while it was written`);
}

/* Null where there is no blob; no bytes where it has another length than a part. */
async function readSealed(
  store: PartStore,
  place: number,
): Promise<{ readonly bytes: Uint8Array; readonly etag: string } | null> {
  const blob = addressOf(store, place);
  const version = await store.client.find(blob);
  if (version === null) return null;
  const { etag, length } = version;
  if (length !== partLength(store.maxTextBytes)) return { bytes: new Uint8Array(0), etag };
  return { bytes: await store.client.readRange(blob, version, 0, length), etag };
}

function addressOf({ base }: Pick<PartStore, 'base'>, place: number): BlobAddress {
  return { url: `${base.url}.${place}`, sas: base.sas };
}
