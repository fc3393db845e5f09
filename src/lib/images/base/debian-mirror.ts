// Files of a Debian mirror: over plain http where the mirror has no https, because each is known by its SHA-256 or a signature.

import { CleanroomError, describeCause } from '../../base/errors.js';
import { readBody } from '../../http/exchange.js';
import { openFollowing } from '../../http/redirects.js';
import type { PartCache } from './part-cache.js';
import type { LockedDebianPackage } from './room-lock.js';

export interface DebianSource {
  /** A mirror's directory, such as http://deb.debian.org/debian. */
  readonly mirror: string;
  /** Where the snapshot archive is, instead of what the lock says; null: as the lock says. */
  readonly snapshot: string | null;
}

const SNAPSHOT_ARCHIVE = 'https://snapshot.debian.org';
const TIMEOUT_MS = 60_000;

/**
 * A package file: from the cache, the mirror, or the snapshot archive where the mirror has dropped that version.
 *
 * @throws CleanroomError IMAGE_BASE_UNREACHABLE, ROOM_PART_MISMATCH
 */
export async function fetchDebianPackage(
  entry: LockedDebianPackage,
  source: DebianSource,
  cache: PartCache,
): Promise<Uint8Array> {
  const what = `Debian's package ${entry.name} ${entry.version}`;
  return cache.get({ algorithm: 'sha256', hex: entry.sha256 }, what, async () => {
    const mirrored = `${source.mirror.replace(/\/$/, '')}/${entry.file}`;
    const archived =
      source.snapshot === null ? entry.snapshot : entry.snapshot.replace(SNAPSHOT_ARCHIVE, source.snapshot);
    const answer = await fetchFile(mirrored, entry.size).catch((cause: unknown) => cause);
    return answer instanceof Uint8Array ? answer : fetchFile(archived, entry.size);
  });
}

/** A file of at most `maxBytes`. @throws CleanroomError IMAGE_BASE_UNREACHABLE */
export async function fetchFile(url: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const request = {
      method: 'GET',
      url,
      headers: { 'user-agent': 'cleanroom' },
      idleTimeoutMs: TIMEOUT_MS,
    } as const;
    const answer = await openFollowing(request, requireWeb);
    if (answer.status === 200) return await readBody(answer, maxBytes);
    answer.discard();
    throw new Error(`the answer is ${answer.status}`);
  } catch (cause) {
    throw new CleanroomError('IMAGE_BASE_UNREACHABLE', `${url} cannot be fetched: ${describeCause(cause)}`, {
      cause,
    });
  }
}

function requireWeb({ protocol }: URL): void {
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error(`${protocol} is not http or https`);
}
