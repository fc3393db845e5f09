// Which version of a package Debian has now: by a Release file whose signature holds, and the index that it names.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { CleanroomError } from '../../base/errors.js';
import { fetchFile } from './debian-mirror.js';
import type { LockedDebianPackage } from './room-lock.js';

export interface DebianIndex {
  /** `Date` of the Release file. */
  readonly release: string;
  /** Fingerprints, upper-case hex, of the keys whose signatures hold. */
  readonly signedBy: readonly string[];
  /** The newest entry of a package. @throws CleanroomError ROOM_LOCK_INVALID if there is none */
  find(name: string): LockedDebianPackage;
}

export interface IndexOptions {
  readonly mirror: string;
  readonly suite: string;
  /** OpenPGP keyring of Debian's archive keys. */
  readonly keyring: string;
}

export const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const INDEX = 'main/binary-amd64/Packages.gz';
const MAX_RELEASE = 4 * 2 ** 20;
const MAX_INDEX = 64 * 2 ** 20;
const MAX_UNPACKED = 512 * 2 ** 20;

/**
 * Fetches the index of a suite's section `main` for amd64.
 *
 * @throws CleanroomError ROOM_LOCK_UNSIGNED unless gpgv says that the Release file is signed by a key of the keyring;
 *   ROOM_PART_MISMATCH for an index that is not the signed one; IMAGE_BASE_UNREACHABLE
 */
export async function fetchDebianIndex({ mirror, suite, keyring }: IndexOptions): Promise<DebianIndex> {
  const base = `${mirror.replace(/\/$/, '')}/dists/${suite}`;
  const signed = await verifyClearSigned(await fetchFile(`${base}/InRelease`, MAX_RELEASE), keyring);
  const [, sha256 = '', size = ''] =
    new RegExp(`^ ([0-9a-f]{64}) +([0-9]+) ${INDEX}$`, 'm').exec(signed.text) ?? [];
  const release = /^Date: (.+)$/m.exec(signed.text)?.[1];
  if (sha256 === '' || release === undefined)
    throw new CleanroomError('ROOM_LOCK_INVALID', `the Release file of ${suite} names no ${INDEX}`);
  const index = await fetchFile(`${base}/${INDEX}`, Math.min(Number(size), MAX_INDEX));
  if (createHash('sha256').update(index).digest('hex') !== sha256)
    throw new CleanroomError(
      'ROOM_PART_MISMATCH',
      `${INDEX} is not the file that the signed Release file names`,
    );
  const stanzas = gunzipSync(index, { maxOutputLength: MAX_UNPACKED }).toString('utf8').split('\n\n');
  return {
    release,
    signedBy: signed.keys,
    find: (name) =>
      entryOf(
        stanzas.find((stanza) => stanza.startsWith(`Package: ${name}\n`)),
        name,
        release,
      ),
  };
}

/* What gpgv says is signed, not what stands in the file: text around the signature is not covered by it. */
async function verifyClearSigned(
  file: Uint8Array,
  keyring: string,
): Promise<{ readonly text: string; readonly keys: readonly string[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'cleanroom-release-'));
  try {
    const path = join(directory, 'InRelease');
    await writeFile(path, file);
    const run = spawnSync('gpgv', ['--status-fd', '2', '--keyring', keyring, '--output', '-', path], {
      encoding: 'utf8',
      maxBuffer: MAX_RELEASE,
    });
    const said = run.error === undefined ? run.stderr : '';
    const keys = [...said.matchAll(/^\[GNUPG:\] VALIDSIG ([0-9A-F]{40})\b/gm)].map(([, key = '']) => key);
    if (run.error !== undefined || run.status !== 0 || keys.length === 0)
      throw new CleanroomError(
        'ROOM_LOCK_UNSIGNED',
        'the Release file of Debian has no signature that gpgv accepts',
        {
          ...(run.error === undefined ? {} : { cause: run.error }),
        },
      );
    return { text: run.stdout, keys };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function entryOf(stanza: string | undefined, name: string, release: string): LockedDebianPackage {
  const field = (key: string): string => new RegExp(`^${key}: (.+)$`, 'm').exec(stanza ?? '')?.[1] ?? '';
  if (stanza === undefined) throw new CleanroomError('ROOM_LOCK_INVALID', `Debian has no package ${name}`);
  const file = field('Filename');
  return {
    name,
    version: field('Version'),
    architecture: field('Architecture') === 'all' ? 'all' : 'amd64',
    sha256: field('SHA256'),
    size: Number(field('Size')),
    file,
    snapshot: `https://snapshot.debian.org/archive/debian/${snapshotTime(release)}/${file}`,
  };
}

/* The archive answers for the last snapshot that is not later. */
function snapshotTime(release: string): string {
  return `${new Date(release).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}
