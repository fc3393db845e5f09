// The two lowest layers of a room that has no base from anybody: a few Debian packages, and Node.js.

import { createHash } from 'node:crypto';

import { utf8 } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import { ROOM_USER } from '../../contract/room-plan.js';
import type { LayerEntry } from '../build/layer-tar.js';
import { readAr } from './ar.js';
import { type DebianSource, fetchDebianPackage } from './debian-mirror.js';
import { fetchNpmTarball } from './npm-tarball.js';
import { type PackedFile, readNpmTarball, readPackedFiles } from './packed-files.js';
import type { PartCache } from './part-cache.js';
import type { LockedDebianPackage, RoomLock } from './room-lock.js';
import { decompressXz } from './xz.js';

export interface BaseSource {
  readonly debian: DebianSource;
  readonly cache: PartCache;
}

const MAX_UNPACKED = 128 * 2 ** 20;

/* What Node.js and its addons load, and nothing else of the packages: no locales, no debuggers, no documents but licences. Names
   are resolved by the C library itself (glibc 2.34 NEWS: nss_files and nss_dns are built in). */
const KEPT = [
  /^lib\/x86_64-linux-gnu\/(?:ld-linux-x86-64\.so\.2|libgcc_s\.so\.1)$/,
  /^lib\/x86_64-linux-gnu\/lib(?:c|m|dl|pthread|rt)\.so\.[0-9]+$/,
  /^lib64\/ld-linux-x86-64\.so\.2$/,
  /^usr\/lib\/x86_64-linux-gnu\/libstdc\+\+\.so\.6(?:\.[0-9]+)*$/,
  /^usr\/share\/doc\/[a-z0-9+.-]+(?:\/copyright)?$/,
];

/* What a C library expects, with the one user that the room has. */
const MADE: Readonly<Record<string, string>> = {
  '/etc/passwd': `root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nroom:x:${ROOM_USER}:${ROOM_USER}:room:/nonexistent:/sbin/nologin\n`,
  '/etc/group': `root:x:0:\nnobody:x:65534:\nroom:x:${ROOM_USER}:\n`,
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  '/etc/hosts': '127.0.0.1\tlocalhost\n::1\tlocalhost\n',
  '/etc/os-release': 'PRETTY_NAME="cleanroom"\nNAME="cleanroom"\nID=cleanroom\n',
};

/**
 * The system layer: the locked packages' libraries, their licences, and what is made by rule.
 *
 * @throws CleanroomError IMAGE_BASE_UNREACHABLE, ROOM_PART_MISMATCH, and what reading a package throws
 */
export async function systemLayer(lock: RoomLock, source: BaseSource): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [
    ...Object.entries(MADE).map(([path, text]) => ({ path, source: utf8(text) })),
    ...['/dev', '/proc', '/sys'].map((path) => ({ path, directory: 0o755 })),
    { path: '/tmp', directory: 0o1777 },
  ];
  for (const entry of lock.debian.packages) {
    const bytes = await fetchDebianPackage(entry, source.debian, source.cache);
    entries.push(...debianEntries(entry, bytes));
  }
  return entries;
}

/** The Node layer: one binary and its licence. @throws as systemLayer */
export async function nodeLayer(lock: RoomLock, source: BaseSource): Promise<readonly LayerEntry[]> {
  const tarball = await fetchNpmTarball(lock.node, source.cache);
  const files = readNpmTarball(tarball, (path) => path === 'bin/node' || path === 'LICENSE');
  const node = files.get('bin/node');
  const licence = files.get('LICENSE');
  if (node?.kind !== 'file' || licence?.kind !== 'file')
    throw new CleanroomError('IMAGE_ARCHIVE_MALFORMED', `${lock.node.name} has no bin/node or no LICENSE`);
  return [
    { path: '/usr/local/bin/node', source: node.content, mode: 0o755 },
    { path: '/usr/share/doc/node/copyright', source: licence.content },
  ];
}

/** What enters the system layer of one package; its scripts are never run. @throws CleanroomError ROOM_PART_MISMATCH, and as readAr */
export function debianEntries(
  { name, version, architecture }: LockedDebianPackage,
  bytes: Uint8Array,
): readonly LayerEntry[] {
  const members = readAr(bytes);
  const control = readPackedFiles(
    unpacked(members, 'control.tar'),
    (path) => path === 'control' || path === 'md5sums',
  );
  const stanza = text(control, 'control');
  for (const [field, value] of Object.entries({
    Package: name,
    Version: version,
    Architecture: architecture,
  }))
    if (!stanza.split('\n').includes(`${field}: ${value}`))
      throw new CleanroomError(
        'ROOM_PART_MISMATCH',
        `a Debian package is not ${field} ${value}, as the lock has it`,
      );
  const files = readPackedFiles(unpacked(members, 'data.tar'), (path) =>
    KEPT.some((rule) => rule.test(path)),
  );
  checkContents(files, text(control, 'md5sums'), name);
  return [
    { path: `/var/lib/dpkg/status.d/${name}`, source: utf8(stanza) },
    ...[...files].map(([path, file]) => layerEntry(`/${path}`, file)),
  ];
}

function layerEntry(path: string, { kind, mode, content }: PackedFile): LayerEntry {
  if (kind === 'link') return { path, link: Buffer.from(content).toString('utf8') };
  return { path, source: content, mode: (mode & 0o111) === 0 ? 0o644 : 0o755 };
}

/* Not for security, which the package's SHA-256 gives: an error of our decompressor would show here. */
function checkContents(files: ReadonlyMap<string, PackedFile>, md5sums: string, name: string): void {
  const sums = new Map(
    md5sums
      .split('\n')
      .map((line) => /^([0-9a-f]{32}) {2}(.+)$/.exec(line))
      .map((match) => [match?.[2] ?? '', match?.[1] ?? ''] as const),
  );
  for (const [path, { kind, content }] of files) {
    if (kind === 'link' || createHash('md5').update(content).digest('hex') === sums.get(path)) continue;
    throw new CleanroomError(
      'ROOM_PART_MISMATCH',
      `${path} of ${name} was not unpacked as its package lists it`,
    );
  }
}

function unpacked(members: ReadonlyMap<string, Uint8Array>, stem: string): Uint8Array {
  const member = members.get(`${stem}.xz`);
  if (member === undefined)
    throw new CleanroomError('IMAGE_ARCHIVE_MALFORMED', `a Debian package has no ${stem}.xz`);
  return decompressXz(member, MAX_UNPACKED);
}

function text(files: ReadonlyMap<string, PackedFile>, path: string): string {
  const file = files.get(path);
  if (file?.kind !== 'file')
    throw new CleanroomError('IMAGE_ARCHIVE_MALFORMED', `a Debian package has no ${path}`);
  return Buffer.from(file.content).toString('utf8');
}
