// What the host of a room sees of it when it has ended.

import { createBlobStore } from '../../azure/blob-store.js';
import { connectionOf } from '../stage/connection-of.js';
import type { Deal } from '../stage/deal.js';
import { MAX_BLOB_BYTES } from './dataset-swaps.js';

/** All that Azure shows the host of a room: the logs of its containers and their events. */
export async function readRoomOutput({ terms, parsed }: Deal): Promise<string> {
  const { name, room } = parsed.contract;
  const rooms = await terms.host.services.rooms();
  const logs = await Promise.all(room.containers.map((container) => rooms.logs(name, container.name, null)));
  return [...logs, JSON.stringify(await rooms.get(name))].join('\n');
}

const STORED = ['result.json', 'receipt.jws', 'causes.json', 'refusal.jws'];

/** What a room has left in storage: each blob's length, null where there is none. */
export async function storedByRoom({ terms, parsed }: Deal): Promise<readonly (number | null)[]> {
  const store = createBlobStore(await connectionOf(terms.host));
  const { resultBlob } = parsed.contract.room;
  return Promise.all(
    STORED.map(async (suffix) => {
      const stored = await store.read(
        { ...resultBlob, name: `${resultBlob.name}.${suffix}` },
        MAX_BLOB_BYTES,
      );
      return stored === null ? null : stored.bytes.length;
    }),
  );
}
