// Parts in storage, beside the result. Storage belongs to the host: what does not open is not there. The parts of a shard lie in
// blobs of one length, many in each, so that a run of many documents needs few requests.

import { randomBytes } from 'node:crypto';

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import { blobUrl } from '../../contract/room-plan.js';
import type { Contract } from '../../contract/schema.js';
import type { BlobAddress, BlobClient } from '../blob-client.js';
import { type MadePart, openPart, partLength, sealPart } from './part.js';

/* Of a blob of parts, at most, unless one part is longer. */
const BLOB_BYTES = 4 * 1024 * 1024;

export interface PartStore {
  readonly client: Pick<BlobClient, 'find' | 'readRange' | 'create' | 'write'>;
  /** Where parts are kept, without their shard. */
  readonly base: BlobAddress;
  readonly key: Uint8Array;
  /** The most bytes that the text of a part may have. */
  readonly maxTextBytes: number;
  /** Documents of the run. */
  readonly total: number;
  /** Shards of the run. */
  readonly count: number;
}

/** Where the parts of a set of inputs are: each of its own inputs, so that a run never meets those of another. */
export function partsBase({ room }: Contract, inputs: Sha256Hex, sas: string): BlobAddress {
  return { url: `${blobUrl(room.resultBlob)}.part.${inputs}`, sas };
}

/**
 * Stores the parts of a shard. Blobs that another start of it has stored stay; anything else in their place is replaced.
 *
 * @param parts - of every place of the shard.
 * @returns the parts that are stored.
 * @throws CleanroomError BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE
 */
export async function storeParts(
  store: PartStore,
  shard: number,
  parts: ReadonlyMap<number, MadePart>,
): Promise<ReadonlyMap<number, MadePart>> {
  const stored = new Map(parts);
  for (const blob of blobsOf(store, shard))
    for (const [place, part] of await storeBlob(store, blob, parts)) stored.set(place, part);
  return stored;
}

/** The parts of a shard that are there and open. @throws CleanroomError BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE */
export async function readParts(store: PartStore, shard: number): Promise<ReadonlyMap<number, MadePart>> {
  const found = new Map<number, MadePart>();
  for (const blob of blobsOf(store, shard)) addOpened(store, blob, await readSealed(store, blob), found);
  return found;
}

/**
 * The parts of all shards; null as soon as one part is missing.
 *
 * @param own - the parts of that shard, which need not be read; the one after it is looked for first.
 * @throws CleanroomError BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE
 */
export async function readOtherParts(
  store: PartStore,
  shard: number,
  own: ReadonlyMap<number, MadePart>,
): Promise<ReadonlyMap<number, MadePart> | null> {
  const found = new Map(own);
  let wanted = placesOf(store, shard).length;
  if (found.size < wanted) return null;
  for (let offset = 1; offset < store.count; offset++) {
    for (const blob of blobsOf(store, (shard + offset) % store.count)) {
      wanted += blob.places.length;
      addOpened(store, blob, await readSealed(store, blob), found);
      if (found.size < wanted) return null;
    }
  }
  return found;
}

function placesOf({ total, count }: PartStore, shard: number): readonly number[] {
  const own = Math.max(0, Math.ceil((total - shard) / count));
  return Array.from({ length: own }, (_, at) => shard + at * count);
}

/* One blob, and the places of the documents whose parts it holds, in order. */
interface PartsBlob {
  readonly address: BlobAddress;
  readonly places: readonly number[];
  /** Parts that it has room for: the same in every blob of a run. */
  readonly slots: number;
}

function blobsOf(store: PartStore, shard: number): readonly PartsBlob[] {
  const { base, total, count, maxTextBytes } = store;
  const own = placesOf(store, shard);
  const most = Math.max(1, Math.floor(BLOB_BYTES / partLength(maxTextBytes)));
  const slots = Math.min(most, Math.ceil(total / count));
  return Array.from({ length: slots === 0 ? 0 : Math.ceil(own.length / slots) }, (_, number) => ({
    address: { url: `${base.url}.${shard}-of-${count}.${number}`, sas: base.sas },
    places: own.slice(number * slots, (number + 1) * slots),
    slots,
  }));
}

/* The parts of another start that are there instead. */
async function storeBlob(
  store: PartStore,
  blob: PartsBlob,
  parts: ReadonlyMap<number, MadePart>,
): Promise<ReadonlyMap<number, MadePart>> {
  const sealed = sealBlob(store, blob, parts);
  const there = new Map<number, MadePart>();
  if ((await store.client.create(blob.address, sealed)) === 'as-given') return there;
  const stored = await readSealed(store, blob);
  addOpened(store, blob, stored, there);
  if (there.size === blob.places.length) return there;
  const condition = stored === null ? { ifNoneMatch: '*' as const } : { ifMatch: stored.etag };
  if ((await store.client.write(blob.address, sealed, condition)) === null)
    throw new CleanroomError('BLOB_CHANGED', 'a blob of parts kept changing while it was written');
  return new Map();
}

function sealBlob(
  { key, maxTextBytes }: PartStore,
  { places, slots }: PartsBlob,
  parts: ReadonlyMap<number, MadePart>,
): Uint8Array {
  const length = partLength(maxTextBytes);
  const sealed = randomBytes(slots * length);
  for (const [slot, place] of places.entries())
    sealed.set(sealPart(key, place, parts.get(place) ?? { failed: 'INTERNAL' }, maxTextBytes), slot * length);
  return sealed;
}

function addOpened(
  { key, maxTextBytes }: PartStore,
  { places }: PartsBlob,
  stored: { readonly bytes: Uint8Array } | null,
  found: Map<number, MadePart>,
): void {
  const length = partLength(maxTextBytes);
  for (const [slot, place] of places.entries()) {
    const part = openPart(key, place, stored?.bytes.subarray(slot * length, (slot + 1) * length) ?? NOTHING);
    if (part !== null) found.set(place, part);
  }
}

const NOTHING = new Uint8Array(0);

/* Null where there is no blob; no bytes where it has another length than a blob of parts. */
async function readSealed(
  { client, maxTextBytes }: PartStore,
  { address, slots }: PartsBlob,
): Promise<{ readonly bytes: Uint8Array; readonly etag: string } | null> {
  const version = await client.find(address);
  if (version === null) return null;
  const { etag, length } = version;
  if (length !== slots * partLength(maxTextBytes)) return { bytes: NOTHING, etag };
  return { bytes: await client.readRange(address, version, 0, length), etag };
}
