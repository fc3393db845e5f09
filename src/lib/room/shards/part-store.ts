// Parts in storage, beside the result. Storage belongs to the host: what does not open is not there. The parts of a shard lie in
// blobs of one length, many in each, so that a run of many documents needs few requests.

import { concatBytes } from '../../base/bytes/arrays.js';
import type { Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import { blobUrl } from '../../contract/room-plan.js';
import type { Contract } from '../../contract/schema.js';
import type { BlobAddress, BlobClient } from '../blob-client.js';
import { fillerPart, type MadePart, openPart, partLength, sealPart } from './part.js';

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
 * @throws CleanroomError BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE
 */
export async function storeParts(
  store: PartStore,
  shard: number,
  parts: ReadonlyMap<number, MadePart>,
): Promise<void> {
  for (const blob of blobsOf(store, shard)) await storeBlob(store, blob, parts);
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
 * @param first - the shard to look for first.
 * @throws CleanroomError BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE
 */
export async function readAllParts(
  store: PartStore,
  first: number,
): Promise<ReadonlyMap<number, MadePart> | null> {
  const found = new Map<number, MadePart>();
  let wanted = 0;
  for (let offset = 0; offset < store.count; offset++) {
    for (const blob of blobsOf(store, (first + offset) % store.count)) {
      wanted += blob.places.length;
      addOpened(store, blob, await readSealed(store, blob), found);
      if (found.size < wanted) return null;
    }
  }
  return found;
}

/* One blob, and the places of the documents whose parts it holds, in order. */
interface PartsBlob {
  readonly address: BlobAddress;
  readonly places: readonly number[];
  /** Parts that it has room for: the same in every blob of a run. */
  readonly slots: number;
}

function blobsOf({ base, total, count, maxTextBytes }: PartStore, shard: number): readonly PartsBlob[] {
  const own = Math.max(0, Math.ceil((total - shard) / count));
  const most = Math.max(1, Math.floor(BLOB_BYTES / partLength(maxTextBytes)));
  const slots = Math.min(most, Math.ceil(total / count));
  return Array.from({ length: slots === 0 ? 0 : Math.ceil(own / slots) }, (_, number) => ({
    address: { url: `${base.url}.${shard}-of-${count}.${number}`, sas: base.sas },
    places: Array.from(
      { length: Math.min(slots, own - number * slots) },
      (__, slot) => shard + (number * slots + slot) * count,
    ),
    slots,
  }));
}

async function storeBlob(
  store: PartStore,
  blob: PartsBlob,
  parts: ReadonlyMap<number, MadePart>,
): Promise<void> {
  const sealed = sealBlob(store, blob, parts);
  if ((await store.client.create(blob.address, sealed)) === 'as-given') return;
  const stored = await readSealed(store, blob);
  if (stored !== null && addOpened(store, blob, stored, new Map()) === blob.places.length) return;
  const condition = stored === null ? { ifNoneMatch: '*' as const } : { ifMatch: stored.etag };
  if ((await store.client.write(blob.address, sealed, condition)) === null)
    throw new CleanroomError('BLOB_CHANGED', 'a blob of parts kept changing while it was written');
}

function sealBlob(
  { key, maxTextBytes }: PartStore,
  { places, slots }: PartsBlob,
  parts: ReadonlyMap<number, MadePart>,
): Uint8Array {
  const sealed = places.map((place) =>
    sealPart(key, place, parts.get(place) ?? { failed: 'INTERNAL' }, maxTextBytes),
  );
  const filler = Array.from({ length: slots - places.length }, () => fillerPart(maxTextBytes));
  return concatBytes(...sealed, ...filler);
}

/* How many parts of the blob open. */
function addOpened(
  { key, maxTextBytes }: PartStore,
  { places }: PartsBlob,
  stored: { readonly bytes: Uint8Array } | null,
  found: Map<number, MadePart>,
): number {
  const length = partLength(maxTextBytes);
  let opened = 0;
  for (const [slot, place] of places.entries()) {
    const part = openPart(key, place, stored?.bytes.subarray(slot * length, (slot + 1) * length) ?? NOTHING);
    if (part === null) continue;
    found.set(place, part);
    opened++;
  }
  return opened;
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
