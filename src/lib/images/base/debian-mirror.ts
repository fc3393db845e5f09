// Files of a Debian mirror: over plain http where the mirror has no https, because each is known by its SHA-256 or a signature.

import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';

import { CleanroomError, describeCause } from '../../base/errors.js';
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
const MAX_REDIRECTS = 5;

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
    return await fetchOnce(new URL(url), maxBytes, 0);
  } catch (cause) {
    throw new CleanroomError('IMAGE_BASE_UNREACHABLE', `${url} cannot be fetched: ${describeCause(cause)}`, {
      cause,
    });
  }
}

async function fetchOnce(url: URL, maxBytes: number, hops: number): Promise<Uint8Array> {
  const answer = await open(url);
  const { statusCode = 0, headers } = answer;
  if ([301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined) {
    answer.destroy();
    if (hops === MAX_REDIRECTS) throw new Error(`more than ${MAX_REDIRECTS} redirects`);
    return fetchOnce(new URL(headers.location, url), maxBytes, hops + 1);
  }
  if (statusCode !== 200) {
    answer.destroy();
    throw new Error(`the answer is ${statusCode}`);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    length += (chunk as Buffer).length;
    if (length > maxBytes) {
      answer.destroy();
      throw new Error(`the answer is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function open(url: URL): Promise<IncomingMessage> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error(`${url.protocol} is not http or https`);
  const get = url.protocol === 'https:' ? getHttps : getHttp;
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { 'user-agent': 'cleanroom' }, timeout: TIMEOUT_MS }, resolve);
    request.once('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.once('error', reject);
  });
}
