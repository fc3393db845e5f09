// A lock file that names its process, so that one left by kill -9 is recognised.

import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';

import { systemErrorCode } from '../errors.js';
import { identifyProcess, isAlive, type ProcessIdentity, readProcessFile } from './process-identity.js';

export interface ProcessLock {
  release(): Promise<void>;
}

/**
 * Takes the lock at `path`, whose directory exists. A lock whose process is gone is taken over.
 *
 * @returns the lock; or the live process that holds it, which may be this one.
 */
export async function takeProcessLock(path: string): Promise<ProcessLock | ProcessIdentity> {
  const self = await identifyProcess(process.pid);
  const text = JSON.stringify({ pid: process.pid, startTime: self?.startTime ?? 'unknown' });
  while (!(await createExclusively(path, text))) {
    const holder = await readProcessFile(path);
    if (holder !== null && (await isAlive(holder))) return holder;
    await discardStale(path, holder);
  }
  return {
    release: async () => {
      if ((await readFile(path, 'utf8').catch(() => '')) === text) await rm(path, { force: true });
    },
  };
}

/** A link either appears with its whole content or fails: nobody reads half a lock. */
async function createExclusively(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
    return true;
  } catch (cause) {
    if (systemErrorCode(cause) === 'EEXIST') return false;
    throw cause;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Moves a stale lock aside; one that somebody took in the meantime is put back. */
async function discardStale(path: string, stale: ProcessIdentity | null): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}.stale`;
  try {
    await rename(path, aside);
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return;
    throw cause;
  }
  const moved = await readProcessFile(aside);
  if (moved !== null && (moved.pid !== stale?.pid || moved.startTime !== stale.startTime))
    await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}
