// Where the running emulator keeps its state. Read by every command's profile search, so it imports no emulator.

import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { writeFileAtomic } from '../base/files/atomic-write.js';
import {
  EMULATOR_LOCK_FILE,
  isAlive,
  type ProcessIdentity,
  readProcessFile,
} from '../base/files/process-identity.js';

/** Names the state directory of the emulator to use where several run. */
export const EMULATOR_DIRECTORY_VARIABLE = 'CLEANROOM_EMULATOR_DIR';

/** The state directory of `emulator start` without `--dir`. `dataDir` is oclif's. */
export function defaultEmulatorDirectory(dataDir: string): string {
  return join(dataDir, 'emulator');
}

/**
 * State directory of the emulator to use: the one that CLEANROOM_EMULATOR_DIR names, else the one started last,
 * else the default one; null unless it runs.
 */
export async function findRunningEmulator(dataDir: string): Promise<string | null> {
  const named = process.env[EMULATOR_DIRECTORY_VARIABLE];
  const candidates =
    named === undefined || named === ''
      ? [await readPointer(dataDir), defaultEmulatorDirectory(dataDir)]
      : [resolve(named)];
  for (const directory of candidates) {
    if (directory !== null && (await runningProcess(directory)) !== null) return directory;
  }
  return null;
}

/** The process that runs an emulator on `directory`, or null. */
export async function runningProcess(directory: string): Promise<ProcessIdentity | null> {
  const holder = await readProcessFile(join(directory, EMULATOR_LOCK_FILE));
  return holder !== null && (await isAlive(holder)) ? holder : null;
}

/** Makes `directory` the one that commands find from now on. */
export async function rememberRunningEmulator(dataDir: string, directory: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await writeFileAtomic(pointerPath(dataDir), JSON.stringify({ directory: resolve(directory) }));
}

function pointerPath(dataDir: string): string {
  return join(dataDir, 'running-emulator.json');
}

async function readPointer(dataDir: string): Promise<string | null> {
  try {
    const value: unknown = JSON.parse(await readFile(pointerPath(dataDir), 'utf8'));
    if (typeof value !== 'object' || value === null || !('directory' in value)) return null;
    return typeof value.directory === 'string' ? value.directory : null;
  } catch {
    return null;
  }
}
