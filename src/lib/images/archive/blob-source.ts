// Where the members of an image archive are: in a directory or in a tar. Names are checked before anything is opened.

import type { Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import { fileError } from '../../base/files/read-bounded.js';
import { detectCompression } from './decompress.js';
import { indexTar, type TarMember } from './tar-index.js';

/** A stored member: a whole file, or a part of the archive's tar. */
export interface StoredBlob {
  readonly size: number;
  /** The bytes; may be called again. */
  open(): AsyncIterable<Uint8Array>;
}

export interface BlobSource {
  /** The member of that name, or null if there is none. @throws CleanroomError IMAGE_ARCHIVE_REFUSED for a name that leads out */
  find(name: string): Promise<StoredBlob | null>;
  close(): Promise<void>;
}

const READ_SIZE = 1 << 20;

/** Opens a tar file or a directory. @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, TAR_MALFORMED, IMAGE_ARCHIVE_REFUSED */
export async function openBlobSource(path: string): Promise<BlobSource> {
  let stats: Stats;
  try {
    stats = await stat(path);
  } catch (cause) {
    throw fileError(path, cause);
  }
  return stats.isDirectory() ? directorySource(path) : tarSource(path, stats.size);
}

function directorySource(root: string): BlobSource {
  return {
    find: async (name) => {
      const path = join(root, checkMemberName(name));
      const stats = await stat(path).catch(() => null);
      if (!stats?.isFile()) return null;
      const inside = await realpath(path);
      if (!inside.startsWith((await realpath(root)) + sep))
        throw new CleanroomError('IMAGE_ARCHIVE_REFUSED', `${name} is a link out of the image directory`);
      return { size: stats.size, open: () => readFile(path) };
    },
    close: () => Promise.resolve(),
  };
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw fileError(path, cause);
  }
  try {
    yield* readRange(file, 0, Number.POSITIVE_INFINITY);
  } finally {
    await file.close();
  }
}

async function tarSource(path: string, size: number): Promise<BlobSource> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw fileError(path, cause);
  }
  let members: ReadonlyMap<string, TarMember>;
  try {
    await requireUncompressed(file, path);
    members = await indexTar(file, size);
  } catch (cause) {
    await file.close();
    throw fileError(path, cause);
  }
  return {
    find: (name) => {
      const member = followLinks(members, checkMemberName(name));
      return Promise.resolve(
        member === null
          ? null
          : { size: member.size, open: () => readRange(file, member.offset, member.size) },
      );
    },
    close: () => file.close(),
  };
}

/* Layers may be compressed; an archive as a whole cannot be, because its members are read where they stand. */
async function requireUncompressed(file: FileHandle, path: string): Promise<void> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  const compression = detectCompression(buffer.subarray(0, bytesRead));
  if (compression === 'none') return;
  const tool = compression === 'gzip' ? 'gunzip' : 'unzstd';
  throw new CleanroomError(
    'IMAGE_ARCHIVE_MALFORMED',
    `${path} is compressed as a whole with ${compression}`,
    {
      hint: `Decompress it, and give the tar: ${tool} < FILE > image.tar`,
    },
  );
}

/* Old docker save stores a shared layer once and links to it. */
function followLinks(
  members: ReadonlyMap<string, TarMember>,
  name: string,
): Extract<TarMember, { kind: 'file' }> | null {
  let next = name;
  for (let hops = 0; hops < 8; hops++) {
    const member = members.get(next);
    if (member === undefined || member.kind === 'file') return member ?? null;
    next = member.target;
  }
  throw new CleanroomError('IMAGE_ARCHIVE_REFUSED', `${name} is a link that leads in circles`);
}

async function* readRange(file: FileHandle, start: number, size: number): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < size;) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_SIZE, size - done));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start + done);
    if (bytesRead === 0) return;
    done += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** A member name as written in a manifest: relative, and nowhere upwards. */
function checkMemberName(name: string): string {
  const parts = name.split('/');
  if (
    name === '' ||
    name.includes('\0') ||
    name.includes('\\') ||
    parts.some((part) => part === '..') ||
    parts[0] === ''
  )
    throw new CleanroomError(
      'IMAGE_ARCHIVE_REFUSED',
      `the member name ${JSON.stringify(name)} leads out of the archive`,
    );
  return parts.filter((part) => part !== '.' && part !== '').join('/');
}
