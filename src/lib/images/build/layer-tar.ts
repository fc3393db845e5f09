// Files to a layer's tar: the same bytes wherever and whenever it is made.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

import { pack, type Pack } from 'tar-stream';

import { utf8 } from '../../base/bytes/arrays.js';
import type { Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import { fileError } from '../../base/files/read-bounded.js';

/** One file of a layer. */
export interface LayerFile {
  /** Absolute path in the image, without `.` or `..`. */
  readonly path: string;
  /** A file on this machine, or the content itself. */
  readonly source: string | Uint8Array;
  /** Permission bits; 0o644 if absent. */
  readonly mode?: number;
}

/** A symbolic link of a layer. */
export interface LayerLink {
  readonly path: string;
  /** The target as it is written. */
  readonly link: string;
}

/** A directory with permissions of its own; others are made where files need them. */
export interface LayerDirectory {
  readonly path: string;
  /** Permission bits. */
  readonly directory: number;
}

export type LayerEntry = LayerFile | LayerLink | LayerDirectory;

export interface LayerTar {
  /** SHA-256 of the tar: digest and diff id at once, as it is stored uncompressed. */
  readonly digest: Sha256Hex;
  readonly size: number;
  /** The tar once more; the sources are read again. */
  open(): AsyncIterable<Uint8Array>;
}

/* Every entry has the epoch as its time: an image says nothing about when it was made. */
const EPOCH = new Date(0);
const OWNER = { uid: 0, gid: 0, uname: '', gname: '', mtime: EPOCH } as const;
const DIRECTORY_MODE = 0o755;
const DEFAULT_MODE = 0o644;

/**
 * Plans a layer: files in byte order of their paths, each behind its directories; owner root, time 1970.
 *
 * @throws CleanroomError USAGE for a path that is not absolute and clean, or given twice; FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function planLayerTar(files: readonly LayerEntry[]): Promise<LayerTar> {
  const sorted = sortFiles(files);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of writeTar(sorted)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: hash.digest('hex') as Sha256Hex, size, open: () => writeTar(sorted) };
}

function sortFiles(files: readonly LayerEntry[]): readonly LayerEntry[] {
  const sorted = [...files].sort((a, b) => Buffer.compare(utf8(a.path), utf8(b.path)));
  for (const [index, { path }] of sorted.entries()) {
    const parts = path.split('/').slice(1);
    if (!path.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..'))
      throw new CleanroomError('USAGE', `${path} is not an absolute, clean path in the image`);
    if (sorted[index + 1]?.path === path) throw new CleanroomError('USAGE', `${path} is given twice`);
  }
  return sorted;
}

async function* writeTar(files: readonly LayerEntry[]): AsyncGenerator<Uint8Array> {
  const tar = pack();
  const writing = writeEntries(tar, files).catch((cause: unknown) => {
    tar.destroy(cause instanceof Error ? cause : new Error(String(cause)));
  });
  for await (const chunk of tar) yield chunk as Uint8Array;
  await writing;
}

async function writeEntries(tar: Pack, files: readonly LayerEntry[]): Promise<void> {
  const directories = new Set<string>();
  for (const file of files) {
    for (const directory of parentsOf(file.path)) {
      if (directories.has(directory)) continue;
      directories.add(directory);
      tar.entry({ ...OWNER, name: `${directory}/`, type: 'directory', mode: DIRECTORY_MODE });
    }
    if ('directory' in file) {
      directories.add(file.path.slice(1));
      tar.entry({ ...OWNER, name: `${file.path.slice(1)}/`, type: 'directory', mode: file.directory });
    } else if ('link' in file)
      tar.entry({ ...OWNER, name: file.path.slice(1), type: 'symlink', linkname: file.link, mode: 0o777 });
    else await writeFileEntry(tar, file);
  }
  tar.finalize();
}

/* Relative, outermost first. */
function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

async function writeFileEntry(tar: Pack, { path, source, mode = DEFAULT_MODE }: LayerFile): Promise<void> {
  const header = { ...OWNER, name: path.slice(1), type: 'file' as const, mode };
  if (typeof source !== 'string') {
    tar.entry(header, Buffer.from(source));
    return;
  }
  const size = await fileSize(source);
  if (size === 0) {
    tar.entry(header, Buffer.alloc(0));
    return;
  }
  await pipeline(createReadStream(source), tar.entry({ ...header, size }));
}

async function fileSize(path: string): Promise<number> {
  const stats = await lstat(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  if (!stats.isFile())
    throw new CleanroomError(
      'FILE_UNREADABLE',
      `${path} is not a regular file, and an image takes nothing else`,
    );
  return stats.size;
}
