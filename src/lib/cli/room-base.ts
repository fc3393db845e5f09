// The room's own base as the command line names it: which mirror, and where parts are kept.

import { join } from 'node:path';

import type { BaseSource } from '../images/base/base-layers.js';
import { Flags } from './oclif.js';

const DEBIAN_MIRROR = 'http://deb.debian.org/debian';

/** Where parts of the base come from. */
export const baseFlags = {
  'debian-mirror': Flags.string({
    description: "Debian mirror; packages are checked against the lock's SHA-256",
    helpValue: 'URL',
    env: 'CLEANROOM_DEBIAN_MIRROR',
    default: DEBIAN_MIRROR,
  }),
  'debian-snapshot': Flags.string({
    description: "Debian's snapshot archive, for versions that the mirror no longer has",
    helpValue: 'URL',
    env: 'CLEANROOM_DEBIAN_SNAPSHOT',
    hidden: true,
  }),
};

/** What the flags are where a command has none of them: the variables that they read, else their defaults. */
export function usualBase(): {
  readonly 'debian-mirror': string;
  readonly 'debian-snapshot': string | undefined;
} {
  return {
    'debian-mirror': process.env['CLEANROOM_DEBIAN_MIRROR'] ?? DEBIAN_MIRROR,
    'debian-snapshot': process.env['CLEANROOM_DEBIAN_SNAPSHOT'],
  };
}

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
