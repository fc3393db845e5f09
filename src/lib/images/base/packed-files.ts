// Files of a tar in memory: Debian's data.tar and npm's tarballs, read by the same reader as layers.

import { gunzipSync } from 'node:zlib';

import { CleanroomError } from '../../base/errors.js';
import { pathComponents } from '../layer/entry-path.js';
import { displayName, TAR_TYPE, type TarEntry } from '../tar/entry.js';
import { lowUint32 } from '../tar/numeric.js';
import { TarReader } from '../tar/reader.js';

export interface PackedFile {
  readonly kind: 'file' | 'link';
  /** Permission bits. */
  readonly mode: number;
  /** Content, or the link's target. */
  readonly content: Uint8Array;
}

const MAX_BYTES = 512 * 2 ** 20;
/* Of 300 MB in the default of 16 KiB each, putting the pieces together takes as long as inflating them. */
const CHUNK = 2 ** 20;

/**
 * Regular files and symbolic links of a tar by path, those that `wanted` says; hard links are read as what they link to.
 *
 * @param wanted - paths are relative and clean.
 * @throws CleanroomError TAR_MALFORMED; IMAGE_ARCHIVE_REFUSED for a path twice
 */
export function readPackedFiles(
  tar: Uint8Array,
  wanted: (path: string) => boolean,
): ReadonlyMap<string, PackedFile> {
  const files = new Map<string, PackedFile>();
  let chunks: Uint8Array[] | null = null;
  let finish = (): void => undefined;
  const begin = (entry: TarEntry): void => {
    finish();
    const path = pathComponents(displayName(entry.name)).join('/');
    chunks = null;
    finish = () => undefined;
    if (!isFile(entry.type) || !wanted(path)) return;
    if (files.has(path)) throw new CleanroomError('IMAGE_ARCHIVE_REFUSED', `${path} is packed twice`);
    const mode = lowUint32(entry.mode) & 0o777;
    if (entry.type === TAR_TYPE.symlink)
      files.set(path, { kind: 'link', mode: 0o777, content: Buffer.from(entry.linkName, 'latin1') });
    else if (entry.type === TAR_TYPE.hardLink) {
      const target = files.get(pathComponents(displayName(entry.linkName)).join('/'));
      if (target === undefined)
        throw new CleanroomError('IMAGE_ARCHIVE_REFUSED', `${path} links to a file that is not there`);
      files.set(path, target);
    } else {
      const collected: Uint8Array[] = [];
      chunks = collected;
      finish = () => files.set(path, { kind: 'file', mode, content: Buffer.concat(collected) });
    }
  };
  const reader = new TarReader({
    entry: begin,
    data: (bytes) => chunks?.push(bytes),
    zeros: (count) => chunks?.push(new Uint8Array(count)),
  });
  reader.push(tar);
  reader.end();
  finish();
  return files;
}

/** Files of an npm tarball by their path in the package, without the first directory. @throws as readPackedFiles, LAYER_UNPACKABLE */
export function readNpmTarball(
  tarball: Uint8Array,
  wanted: (path: string) => boolean,
): ReadonlyMap<string, PackedFile> {
  const inPackage = (path: string): string => path.slice(path.indexOf('/') + 1);
  let tar: Uint8Array;
  try {
    tar = gunzipSync(tarball, { maxOutputLength: MAX_BYTES, chunkSize: CHUNK });
  } catch (cause) {
    throw new CleanroomError('LAYER_UNPACKABLE', 'an npm tarball cannot be decompressed', { cause });
  }
  const files = readPackedFiles(tar, (path) => path.includes('/') && wanted(inPackage(path)));
  return new Map([...files].map(([path, file]) => [inPackage(path), file]));
}

function isFile(type: string): boolean {
  return type === TAR_TYPE.regular || type === TAR_TYPE.symlink || type === TAR_TYPE.hardLink;
}
