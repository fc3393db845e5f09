// Names of files on their way, which say who writes them: what a killed process left is known from what a live one writes.

import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

import { identifyProcess } from './process-identity.js';

/* host, pid, start time, chance; a pid of another machine, or of another container, says nothing here. */
const FORM = /\.([0-9a-f]{8})-(\d+)-([0-9A-Za-z_]+)-[0-9a-f]{12}\.tmp$/;

const swept = new Set<string>();
let own: Promise<string> | null = null;

/**
 * A name beside `path` that no other process takes. The first call for a directory removes what dead processes of this
 * machine left in it under such names: half a file, or text in clear.
 */
export async function temporaryBeside(path: string): Promise<string> {
  const directory = dirname(resolve(path));
  if (!swept.has(directory)) {
    swept.add(directory);
    await removeAbandoned(directory);
  }
  own ??= ownName();
  return `${path}.${await own}-${randomBytes(6).toString('hex')}.tmp`;
}

/**
 * Removes the temporary files and directories in `directory` whose process has ended. Never throws: what cannot be
 * removed stays, and does no harm to who writes beside it.
 *
 * @returns their names.
 */
export async function removeAbandoned(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  const removed: string[] = [];
  for (const name of names) {
    if (!(await isAbandoned(name))) continue;
    await rm(join(directory, name), { recursive: true, force: true }).then(
      () => removed.push(name),
      () => undefined,
    );
  }
  return removed;
}

async function isAbandoned(name: string): Promise<boolean> {
  const [, host, pid, startTime] = FORM.exec(basename(name)) ?? [];
  if (host !== hostTag() || pid === undefined || startTime === undefined) return false;
  const now = await identifyProcess(Number(pid));
  return now === null || wordOf(now.startTime) !== startTime;
}

async function ownName(): Promise<string> {
  const self = await identifyProcess(process.pid);
  return `${hostTag()}-${process.pid}-${wordOf(self?.startTime ?? 'unknown')}`;
}

function hostTag(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

function wordOf(startTime: string): string {
  return startTime.replace(/[^0-9A-Za-z]/g, '_');
}
