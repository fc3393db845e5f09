// Parts in storage, beside the result. Storage belongs to the host: what does not open is not there. The parts of a shard lie in
// blobs of one length, many in each, so that a run of many documents needs few requests.

import { randomFillSync } from 'node:crypto';

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import { blobUrl } from '../../contract/room-plan.js';
import type { Contract } from '../../contract/schema.js';
import type { BlobAddress, BlobClient } from '../blob-client.js';
import { openPart, partLength, sealPart } from './part.js';
import { PartSet } from './part-set.js';

/* Of a blob of parts, at most, unless one part is longer. */
const BLOB_BYTES = 1024 * 1024;

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
 * Stores the parts of a shard. Blobs that another start of it has stored stay, and their parts take the place of these; anything else
 * in their place is replaced.
 *
 * @param parts - of every place of the shard.
 * @throws CleanroomError BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE
 */
export async function storeParts(store: PartStore, shard: number, parts: PartSet): Promise<void> {
  const blobs = blobsOf(store, shard);
  const memory = new Uint8Array((blobs[0]?.slots ?? 0) * partLength(store.maxTextBytes));
  for (const blob of blobs) await storeBlob(store, blob, { parts, memory });
}

/** The parts of a shard that are there and open. @throws CleanroomError BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE */
export async function readParts(store: PartStore, shard: number): Promise<PartSet> {
  const found = new PartSet(store.total);
  for (const blob of blobsOf(store, shard)) addOpened(store, blob, await readSealed(store, blob), found);
  return found;
}

/**
 * Adds the parts of all other shards to those of one; the one after it is looked for first.
 *
 * @param found - the parts of that shard, which need not be read.
 * @returns whether all are there; looks no further as soon as one is missing.
 * @throws CleanroomError BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE
 */
export async function addOtherParts(store: PartStore, shard: number, found: PartSet): Promise<boolean> {
  let wanted = placesOf(store, shard).length;
  if (found.size < wanted) return false;
  for (let offset = 1; offset < store.count; offset++) {
    for (const blob of blobsOf(store, (shard + offset) % store.count)) {
      wanted += blob.places.length;
      addOpened(store, blob, await readSealed(store, blob), found);
      if (found.size < wanted) return false;
    }
  }
  return true;
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

/* What is stored: parts, and memory of a blob's length, for one after the other. */
interface Stored {
  readonly parts: PartSet;
  readonly memory: Uint8Array;
}

async function storeBlob(store: PartStore, blob: PartsBlob, { parts, memory }: Stored): Promise<void> {
  sealBlob(store, blob, { parts, memory });
  if ((await store.client.create(blob.address, memory)) === 'as-given') return;
  const stored = await readSealed(store, blob);
  const there = new PartSet(store.total);
  addOpened(store, blob, stored, there);
  if (there.size === blob.places.length) {
    addOpened(store, blob, stored, parts);
    return;
  }
  const condition = stored === null ? { ifNoneMatch: '*' as const } : { ifMatch: stored.etag };
  if ((await store.client.write(blob.address, memory, condition)) === null)
    throw new CleanroomError('BLOB_CHANGED', 'a blob of parts kept changing while it was written');
}

/* Where there are fewer parts than slots, what is in the others is as random as what is sealed. */
function sealBlob({ key, maxTextBytes }: PartStore, { places }: PartsBlob, { parts, memory }: Stored): void {
  const length = partLength(maxTextBytes);
  randomFillSync(memory);
  for (const [slot, place] of places.entries())
    memory.set(sealPart(key, place, parts.get(place) ?? { failed: 'INTERNAL' }, maxTextBytes), slot * length);
}

function addOpened(
  { key, maxTextBytes }: PartStore,
  { places }: PartsBlob,
  stored: { readonly bytes: Uint8Array } | null,
  found: PartSet,
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
