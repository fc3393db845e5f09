// room.lock.json: what the room's image is made from. Inputs only; the digests of what comes of them stand elsewhere.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as v from 'valibot';

import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { CleanroomError, describeCause } from '../../base/errors.js';
import { fileError } from '../../base/files/read-bounded.js';

export const ROOM_LOCK_FILE = 'room.lock.json';

const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in hex'));
const Integrity = v.pipe(v.string(), v.regex(/^sha512-[A-Za-z0-9+/]{86}==$/, 'is not an npm integrity'));
const PackageName = v.pipe(v.string(), v.regex(/^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/));
const Version = v.pipe(v.string(), v.regex(/^[0-9][0-9A-Za-z.+~:-]*$/));
const RelativePath = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9@._+~%-]+(?:\/[A-Za-z0-9@._+~%-]+)*$/),
  v.check((path) => !path.split('/').includes('..'), 'leads out of its package'),
);

const DebianPackage = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9+.-]+$/)),
  version: Version,
  architecture: v.picklist(['amd64', 'all']),
  sha256: Sha256,
  /** Of the package file, bytes. */
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(64 * 2 ** 20)),
  /** Below a mirror's directory: `pool/main/…`. */
  file: RelativePath,
  /** Where Debian's snapshot archive keeps it after mirrors have dropped the version. */
  snapshot: v.pipe(v.string(), v.url()),
});

const NpmPackage = v.strictObject({
  name: PackageName,
  version: Version,
  integrity: Integrity,
  /** Id of the registry's key that signed name, version and integrity; null where the registry gave no signature. */
  signedBy: v.nullable(v.string()),
});

const ProgramPackage = v.strictObject({
  ...NpmPackage.entries,
  /** Packages that it loads. */
  dependencies: v.array(PackageName),
  /** SHA-256 of each file that enters the image, by its path in the package. */
  files: v.record(RelativePath, Sha256),
});

const RoomLockSchema = v.strictObject({
  v: v.literal(1),
  platform: v.literal('linux/amd64'),
  debian: v.strictObject({
    suite: v.string(),
    /** Date of the Release file that named the packages, as it says it. */
    release: v.string(),
    /** Fingerprints of the keys that signed that file, as gpgv found them. */
    signedBy: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[0-9A-F]{40}$/))), v.minLength(1)),
    packages: v.pipe(v.array(DebianPackage), v.minLength(1)),
  }),
  node: v.strictObject({
    ...NpmPackage.entries,
    /** The signed SHASUMS of the Node.js project that the binary was compared with; null: it was compared with none. */
    shasums: v.nullable(v.string()),
  }),
  packages: v.array(ProgramPackage),
});

export type RoomLock = v.InferOutput<typeof RoomLockSchema>;
export type LockedDebianPackage = v.InferOutput<typeof DebianPackage>;
export type LockedNpmPackage = Pick<v.InferOutput<typeof NpmPackage>, 'name' | 'version' | 'integrity'>;
export type LockedProgramPackage = v.InferOutput<typeof ProgramPackage>;

/** Reads a lock. @throws CleanroomError ROOM_LOCK_INVALID */
export function parseRoomLock(text: string): RoomLock {
  try {
    return v.parse(RoomLockSchema, parseStrictJson(text));
  } catch (cause) {
    const issue = v.isValiError(cause) ? `${v.getDotPath(cause.issues[0]) ?? 'document'}: ` : '';
    throw new CleanroomError('ROOM_LOCK_INVALID', `the room lock: ${issue}${describeCause(cause)}`, {
      cause,
    });
  }
}

/** The lock of an installation of ours. @throws CleanroomError ROOM_LOCK_INVALID, FILE_NOT_FOUND */
export async function readRoomLock(packageRoot: string): Promise<RoomLock> {
  const path = join(packageRoot, ROOM_LOCK_FILE);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  return parseRoomLock(text);
}

/** The one text of a lock: members in order, two spaces, a newline at the end. */
export function renderRoomLock(lock: RoomLock): string {
  return `${JSON.stringify(lock, null, 2)}\n`;
}
