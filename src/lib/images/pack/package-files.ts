// Packages of the programs: the files that the room lock names, from this installation's node_modules or from npm.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { utf8 } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import { fetchNpmTarball } from '../base/npm-tarball.js';
import { readNpmTarball } from '../base/packed-files.js';
import type { PartCache } from '../base/part-cache.js';
import type { LockedProgramPackage, RoomLock } from '../base/room-lock.js';
import type { LayerFile } from '../build/layer-tar.js';
import { ONNXRUNTIME_LICENCE } from './onnxruntime-licence.js';

/* Of packages that come without the text of their licence. */
const LICENCES_BROUGHT: Readonly<Record<string, string>> = {
  'onnxruntime-common': ONNXRUNTIME_LICENCE,
  'onnxruntime-node': ONNXRUNTIME_LICENCE,
};

export interface PackageSource {
  /** A directory whose node_modules are searched, upwards like Node does; null: packages are taken from npm alone. */
  readonly from: string | null;
  /** Where tarballs of npm are kept; null: nothing is fetched. */
  readonly cache: PartCache | null;
}

/**
 * The files of `packages` and of what they load, as `/app/node_modules/…`. A file enters only with the SHA-256 that the lock
 * has for it, which was taken from the package's tarball by its npm integrity: however the package came to be installed here,
 * and whatever was done to it since.
 *
 * @throws CleanroomError ROOM_LOCK_STALE for a package that the lock lacks; ROOM_PACKAGE_CHANGED for an installed file that
 *   differs where nothing may be fetched; OPTIONAL_PACKAGE_MISSING likewise for one that is not there; as fetchNpmTarball
 */
export async function collectPackageFiles(
  packages: readonly string[],
  lock: RoomLock,
  source: PackageSource,
): Promise<readonly LayerFile[]> {
  const found = new Map<string, readonly LayerFile[]>();
  const queue = [...packages];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (found.has(name)) continue;
    const entry = lock.packages.find((locked) => locked.name === name);
    if (entry === undefined)
      throw new CleanroomError(
        'ROOM_LOCK_STALE',
        `a program of the room loads ${name}, which the room lock does not name`,
      );
    const licence = LICENCES_BROUGHT[name];
    const files = await filesOf(entry, source);
    const path = `/app/node_modules/${name}/LICENSE`;
    found.set(name, licence === undefined ? files : [...files, { path, source: utf8(licence) }]);
    queue.push(...entry.dependencies);
  }
  return [...found.values()].flat();
}

async function filesOf(
  entry: LockedProgramPackage,
  { from, cache }: PackageSource,
): Promise<readonly LayerFile[]> {
  const installed = from === null ? null : await readInstalled(entry, from);
  if (installed !== null && firstDifference(entry, installed) === null) return layerFiles(entry, installed);
  if (cache === null) throw notAsLocked(entry, installed);
  const tarball = readNpmTarball(await fetchNpmTarball(entry, cache), (path) => path in entry.files);
  const packed = new Map([...tarball].map(([path, { content }]) => [path, content]));
  const wrong = firstDifference(entry, packed);
  if (wrong !== null)
    throw new CleanroomError(
      'ROOM_PART_MISMATCH',
      `${wrong} of npm's ${entry.name} is not the file that the room lock names`,
    );
  return layerFiles(entry, packed);
}

function layerFiles(
  { name }: LockedProgramPackage,
  contents: ReadonlyMap<string, Uint8Array>,
): readonly LayerFile[] {
  return [...contents].map(([path, source]) => ({ path: `/app/node_modules/${name}/${path}`, source }));
}

/** The first file whose content the lock does not name; null if there is none. */
function firstDifference(
  { files }: LockedProgramPackage,
  contents: ReadonlyMap<string, Uint8Array>,
): string | null {
  for (const [path, sha256] of Object.entries(files)) {
    const content = contents.get(path);
    if (content === undefined || createHash('sha256').update(content).digest('hex') !== sha256) return path;
  }
  return null;
}

/* The nearest package of that name, as Node resolves it; its other files do not matter. Null where there is none. */
async function readInstalled(
  { name, files }: LockedProgramPackage,
  from: string,
): Promise<ReadonlyMap<string, Uint8Array> | null> {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', name);
    const manifest = await readFile(join(candidate, 'package.json')).catch(() => null);
    if (manifest !== null) {
      const contents = new Map<string, Uint8Array>();
      for (const path of Object.keys(files)) {
        const content = await readFile(join(candidate, ...path.split('/'))).catch(() => null);
        if (content !== null) contents.set(path, content);
      }
      return contents;
    }
    if (dirname(directory) === directory) return null;
  }
}

function notAsLocked(
  entry: LockedProgramPackage,
  installed: ReadonlyMap<string, Uint8Array> | null,
): CleanroomError {
  if (installed === null)
    return new CleanroomError('OPTIONAL_PACKAGE_MISSING', `the package ${entry.name} is not installed`);
  const path = firstDifference(entry, installed) ?? '';
  return new CleanroomError(
    'ROOM_PACKAGE_CHANGED',
    `${path} of the installed package ${entry.name} is not the file of ${entry.name}@${entry.version}`,
  );
}
