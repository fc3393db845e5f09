// A published version of this toolkit, unpacked beside nothing of ours: what its room is built from again.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import { fileError } from '../../base/files/read-bounded.js';
import {
  type KnownRelease,
  parseReleaseTable,
  type ReleaseTable,
} from '../../contract/published/releases.js';
import { fetchNpmTarball } from '../base/npm-tarball.js';
import { readNpmTarball } from '../base/packed-files.js';
import type { PartCache } from '../base/part-cache.js';
import { pathComponents } from '../layer/entry-path.js';

export const RELEASES_FILE = 'releases.json';
const PACKAGE = '@cleanroom/cli';
const UNPACKED = /^(?:dist\/.*\.js|package\.json|room\.lock\.json)$/;

/** The table of releases of an installation of ours. @throws CleanroomError RELEASES_INVALID, FILE_NOT_FOUND */
export async function readReleaseTable(packageRoot: string): Promise<ReleaseTable> {
  const path = join(packageRoot, RELEASES_FILE);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  return parseReleaseTable(text);
}

export interface ReleaseSource {
  readonly version: string;
  /** A package file that the user has; null: npm's, by the integrity in the table. */
  readonly from: string | null;
  readonly releases: ReleaseTable;
  readonly cache: PartCache;
}

/**
 * Unpacks a version for as long as `work` takes.
 *
 * @param work - is given the unpacked package's root, and the table's entry where there is one.
 * @throws CleanroomError RELEASE_UNKNOWN for a version that neither the table nor a file gives; ROOM_PART_MISMATCH where the
 *   file says to be another version; as fetchNpmTarball
 */
export async function withRelease<T>(
  { version, from, releases, cache }: ReleaseSource,
  work: (packageRoot: string, known: KnownRelease | null) => Promise<T>,
): Promise<T> {
  const known = releases.releases.find((release) => release.version === version) ?? null;
  if (known === null && from === null)
    throw new CleanroomError(
      'RELEASE_UNKNOWN',
      `the table of releases of ${releases.date} has no ${version}`,
    );
  const tarball = from === null ? await fetchRelease(known, cache) : await readTarball(from);
  const directory = await mkdtemp(join(tmpdir(), 'cleanroom-release-'));
  try {
    for (const [path, { kind, content }] of readNpmTarball(tarball, (name) => UNPACKED.test(name))) {
      if (kind !== 'file') continue;
      const target = join(directory, ...pathComponents(path));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
    }
    const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as {
      version?: unknown;
    };
    if (manifest.version !== version)
      throw new CleanroomError(
        'ROOM_PART_MISMATCH',
        `the package is version ${String(manifest.version)}, not ${version}`,
      );
    return await work(directory, known);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Names of the table's layers that an image does not have at its top, in order; empty for a release that was made again. */
export function differingLayers(
  { layers }: KnownRelease,
  made: readonly { readonly diffId: string }[],
): readonly string[] {
  const above = made.slice(-layers.length);
  return layers
    .filter(({ diffId }, index) => above[index]?.diffId !== `sha256:${diffId}`)
    .map(({ name }) => name);
}

function fetchRelease(known: KnownRelease | null, cache: PartCache): Promise<Uint8Array> {
  if (known === null) throw new CleanroomError('RELEASE_UNKNOWN', 'no such release');
  return fetchNpmTarball({ name: PACKAGE, version: known.version, integrity: known.integrity }, cache);
}

async function readTarball(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
}
