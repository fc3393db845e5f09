// The room's own base as the command line names it: which mirror, and where parts are kept.

import { join } from 'node:path';

import type { BaseSource } from '../images/base/base-layers.js';
import { Flags } from './oclif.js';

/** Where parts of the base come from. */
export const baseFlags = {
  'debian-mirror': Flags.string({
    description: "directory of a Debian mirror; parts are checked against the room lock's SHA-256",
    helpValue: 'URL',
    env: 'CLEANROOM_DEBIAN_MIRROR',
    default: 'http://deb.debian.org/debian',
  }),
  'debian-snapshot': Flags.string({
    description: "Debian's snapshot archive, for versions that the mirror has dropped",
    helpValue: 'URL',
    env: 'CLEANROOM_DEBIAN_SNAPSHOT',
    hidden: true,
  }),
};

/** Fetches into, and reads from, the cache of this user. */
export async function lockedBase(
  cacheDirectory: string,
  flags: { readonly 'debian-mirror': string; readonly 'debian-snapshot': string | undefined },
): Promise<BaseSource> {
  const { openPartCache } = await import('../images/base/part-cache.js');
  return {
    debian: { mirror: flags['debian-mirror'], snapshot: flags['debian-snapshot'] ?? null },
    cache: openPartCache(join(cacheDirectory, 'room-parts')),
  };
}
