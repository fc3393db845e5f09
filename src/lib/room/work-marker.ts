// Which room puts messages into the work queue: the one that changes the run's marker blob first. The others have seen
// then that it happened. A room that dies before its messages are in is made up for by the next that finds a standstill.

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import { blobUrl } from '../contract/room-plan.js';
import type { Contract } from '../contract/schema.js';
import type { BlobAddress, BlobClient } from './blob-client.js';

const MAX_MARKER_BYTES = 4096;

const Marker = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-work'),
  inputs: v.string(),
  /** How often work was put into the queue. */
  round: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Whether what was put last is the merge. */
  merge: v.boolean(),
});

export interface WorkMarker {
  /** Whether the merge is what was put into the queue last for these inputs, and the version that says so. */
  look(): Promise<{ readonly etag: string | null; readonly merge: boolean; readonly fresh: boolean }>;
  /** Claims the next round; false where another room was quicker. */
  claim(etag: string | null, merge: boolean): Promise<boolean>;
}

/** The marker of a run, beside its results. It holds no secret, and a wrong one costs time only. */
export function openWorkMarker(
  client: BlobClient,
  contract: Contract,
  sas: string,
  inputs: Sha256Hex,
): WorkMarker {
  const blob: BlobAddress = { url: `${blobUrl(contract.room.resultBlob)}.work.json`, sas };
  let round = 0;
  return {
    look: async () => {
      const stored = await client.read(blob, MAX_MARKER_BYTES);
      const marker = stored === null ? null : read(stored.bytes);
      if (stored === null || marker?.inputs !== inputs)
        return { etag: stored?.etag ?? null, merge: false, fresh: true };
      round = marker.round;
      return { etag: stored.etag, merge: marker.merge, fresh: false };
    },
    claim: async (etag, merge) => {
      const next = { v: 1, use: 'cleanroom-work', inputs, round: round + 1, merge };
      const condition = etag === null ? { ifNoneMatch: '*' as const } : { ifMatch: etag };
      return (await client.write(blob, utf8(canonicalJson(next)), condition)) !== null;
    },
  };
}

function read(bytes: Uint8Array): v.InferOutput<typeof Marker> | null {
  try {
    const outcome = v.safeParse(Marker, JSON.parse(decodeUtf8(bytes) ?? ''));
    return outcome.success ? outcome.output : null;
  } catch {
    return null;
  }
}
