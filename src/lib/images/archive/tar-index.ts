// Index of an image archive's tar: where each member's data stands. Only headers are read.

import type { FileHandle } from 'node:fs/promises';

import { CleanroomError } from '../../base/errors.js';
import { displayName, TAR_TYPE, type TarEntry } from '../tar/entry.js';
import { TarReader } from '../tar/reader.js';

export type TarMember =
  | { readonly kind: 'file'; readonly offset: number; readonly size: number }
  | { readonly kind: 'link'; readonly target: string };

const MAX_MEMBERS = 20_000;
const HEADER_READ = 16 * 1024;

/**
 * Indexes regular files and links by name.
 *
 * @throws CleanroomError TAR_MALFORMED, or IMAGE_ARCHIVE_REFUSED: a name or link that leads out, a second member of a name,
 *   a sparse member, more than 20,000 members, data beyond the end of the file.
 */
export async function indexTar(file: FileHandle, fileSize: number): Promise<ReadonlyMap<string, TarMember>> {
  const index = new MemberIndex();
  const reader = new TarReader({
    entry: (entry) => index.add(entry),
    data: () => undefined,
    zeros: () => undefined,
  });
  const buffer = Buffer.alloc(HEADER_READ);
  let position = 0;
  while (!reader.ended) {
    const { bytesRead } = await file.read(buffer, 0, HEADER_READ, position);
    if (bytesRead === 0) break;
    position = pushHeaders(reader, index, buffer.subarray(0, bytesRead), position, fileSize);
  }
  reader.end();
  return index.members;
}

/* Pushes block by block, so that each member's data can be skipped. @returns the position to read on from. */
function pushHeaders(
  reader: TarReader,
  index: MemberIndex,
  bytes: Buffer,
  start: number,
  fileSize: number,
): number {
  for (let at = 0; at < bytes.length && !reader.ended; at += 512) {
    reader.push(bytes.subarray(at, at + 512));
    const dataStart = start + Math.min(at + 512, bytes.length);
    index.placeAt(dataStart);
    const skipped = reader.skipData();
    if (skipped === 0) continue;
    if (dataStart + skipped > fileSize + 511)
      throw new CleanroomError('TAR_MALFORMED', 'not a tar that can be read: the archive is cut short');
    return dataStart + skipped;
  }
  return start + bytes.length;
}

class MemberIndex {
  readonly members = new Map<string, TarMember>();
  private unplaced: { readonly name: string; readonly size: number } | null = null;

  add(entry: TarEntry): void {
    const name = cleanName(entry.name);
    if (entry.type === TAR_TYPE.directory || entry.type === TAR_TYPE.paxGlobalHeader || name === '') return;
    if (this.members.has(name) || this.unplaced?.name === name)
      throw refused(entry, 'stands in the archive twice');
    if (this.members.size >= MAX_MEMBERS) throw refused(entry, `is one member too many (${MAX_MEMBERS})`);
    if (entry.type === TAR_TYPE.symlink) this.members.set(name, linkTo(entry, name));
    else if (entry.type === TAR_TYPE.hardLink)
      this.members.set(name, { kind: 'link', target: cleanName(entry.linkName) });
    else if (entry.type === TAR_TYPE.regular) this.unplaced = { name, size: entry.size };
    else throw refused(entry, 'is not a file, a directory or a link');
    if (entry.records.has('GNU.sparse.major') || entry.records.has('GNU.sparse.map'))
      throw refused(entry, 'is sparse');
  }

  /** Says where the data of the file that was added last begins. */
  placeAt(offset: number): void {
    if (this.unplaced === null) return;
    this.members.set(this.unplaced.name, { kind: 'file', offset, size: this.unplaced.size });
    this.unplaced = null;
  }
}

function linkTo(entry: TarEntry, name: string): TarMember {
  const directory = name.slice(0, name.lastIndexOf('/') + 1);
  if (entry.linkName.startsWith('/')) throw refused(entry, 'is a link out of the archive');
  return { kind: 'link', target: cleanName(directory + entry.linkName, entry) };
}

/* Relative, `.` and inner `..` resolved; refused where it leads out. */
function cleanName(name: string, entry?: TarEntry): string {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..' && parts.pop() === undefined) {
      throw new CleanroomError(
        'IMAGE_ARCHIVE_REFUSED',
        `the member ${JSON.stringify(displayName(entry?.name ?? name))} leads out of the archive`,
      );
    }
    if (part !== '' && part !== '.' && part !== '..') parts.push(part);
  }
  if (name.startsWith('/'))
    throw new CleanroomError(
      'IMAGE_ARCHIVE_REFUSED',
      `the member ${JSON.stringify(displayName(name))} has an absolute name`,
    );
  return parts.join('/');
}

function refused(entry: TarEntry, problem: string): CleanroomError {
  return new CleanroomError(
    'IMAGE_ARCHIVE_REFUSED',
    `the member ${JSON.stringify(displayName(entry.name))} ${problem}`,
  );
}
