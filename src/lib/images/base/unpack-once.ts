// The base of a lock, unpacked once in a process: what was built is built again to be compared, and unpacking takes seconds.

import type { LayerEntry } from '../build/layer-tar.js';
import { type BaseSource, nodeLayer, systemLayer } from './base-layers.js';
import { renderRoomLock, type RoomLock } from './room-lock.js';

export interface BaseLayers {
  readonly system: readonly LayerEntry[];
  readonly node: readonly LayerEntry[];
}

let last: { readonly of: string; readonly layers: Promise<BaseLayers> } | null = null;

/**
 * System and Node layers of a lock. Where this process has unpacked that very lock from that very cache, whose parts are named by
 * their digests, the same again: nothing is fetched or read then.
 *
 * @throws as systemLayer
 */
export async function unpackOnce(lock: RoomLock, source: BaseSource): Promise<BaseLayers> {
  const of = `${source.cache.directory}\n${renderRoomLock(lock)}`;
  if (last?.of === of) {
    const layers = await last.layers.catch(() => null);
    if (layers !== null) return layers;
  }
  const layers = unpack(lock, source);
  last = { of, layers };
  return layers;
}

async function unpack(lock: RoomLock, source: BaseSource): Promise<BaseLayers> {
  const system = await systemLayer(lock, source);
  return { system, node: (await nodeLayer(lock, source)).map(copied) };
}

/* Alone: a piece of the archive would keep all of it in memory. */
function copied(entry: LayerEntry): LayerEntry {
  return 'source' in entry && typeof entry.source !== 'string'
    ? { ...entry, source: Uint8Array.from(entry.source) }
    : entry;
}
