// npm's own lock file of this package, for the versions and integrities that it names.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as v from 'valibot';

import { CleanroomError, describeCause } from '../../base/errors.js';

/** A package as npm's lock file names it. */
export interface NpmLockEntry {
  readonly name: string;
  readonly version: string;
  /** `sha512-BASE64`. */
  readonly integrity: string;
}

/* A package gets one of them: npm leaves package-lock.json out of what it publishes. */
const FILES = ['npm-shrinkwrap.json', 'package-lock.json'];
const PREFIX = 'node_modules/';

const NpmLockSchema = v.looseObject({
  lockfileVersion: v.literal(3),
  packages: v.record(
    v.string(),
    v.looseObject({ version: v.optional(v.string()), integrity: v.optional(v.string()) }),
  ),
});

/** Packages at the top of node_modules, by name. @throws CleanroomError ROOM_LOCK_INVALID */
export async function readNpmLock(packageRoot: string): Promise<ReadonlyMap<string, NpmLockEntry>> {
  for (const file of FILES) {
    const text = await readFile(join(packageRoot, file), 'utf8').catch(() => null);
    if (text === null) continue;
    try {
      return entriesOf(v.parse(NpmLockSchema, JSON.parse(text)));
    } catch (cause) {
      throw new CleanroomError('ROOM_LOCK_INVALID', `${file}: ${describeCause(cause)}`, { cause });
    }
  }
  throw new CleanroomError('ROOM_LOCK_INVALID', `${packageRoot} has no lock file of npm`);
}

function entriesOf({ packages }: v.InferOutput<typeof NpmLockSchema>): ReadonlyMap<string, NpmLockEntry> {
  const entries = new Map<string, NpmLockEntry>();
  for (const [path, { version, integrity }] of Object.entries(packages)) {
    const name = path.slice(PREFIX.length);
    if (!path.startsWith(PREFIX) || name.includes(PREFIX)) continue;
    if (version !== undefined && integrity !== undefined) entries.set(name, { name, version, integrity });
  }
  return entries;
}
