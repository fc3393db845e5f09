// Keys that take seconds to make, shared by the throw-away emulators of one user (tests, demo). They protect nothing.

import { HSM_MAKER_DOCUMENT } from './managed-hsm/hsm-maker.js';
import { RELEASES_DOCUMENT } from './signing-transparency/releases.js';
import { openStateStore, type StateStore } from './state/state-store.js';

/** The AMD, UVM, HSM and release hierarchies, of RSA-4096, RSA-3072 and RSA-2048 keys. Everything else is made anew for each state directory. */
const SLOW_DOCUMENTS: readonly string[] = ['amd-milan', 'uvm', HSM_MAKER_DOCUMENT, RELEASES_DOCUMENT];

/** Copies what the cache has and the state lacks. */
export async function copyKeysFromCache(cache: string, store: StateStore): Promise<void> {
  await copyMissing(await openStateStore(cache), store);
}

/** Copies what the state has and the cache lacks. */
export async function keepKeysInCache(cache: string, store: StateStore): Promise<void> {
  await copyMissing(store, await openStateStore(cache));
}

async function copyMissing(from: StateStore, to: StateStore): Promise<void> {
  for (const name of SLOW_DOCUMENTS) {
    if ((await to.load(name)) !== null) continue;
    const document = await from.load(name);
    if (document !== null) await to.save(name, document);
  }
}
