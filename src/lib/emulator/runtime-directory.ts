// A short-lived directory with a short path, for sockets and for images laid out; what a killed emulator left is removed.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import * as v from 'valibot';

import { identifyProcess, isAlive } from '../base/files/process-identity.js';
import { loadDocumentAs } from './state/stored-document.js';
import type { StateStore } from './state/state-store.js';

const PREFIX = 'cleanroom-';
const DOCUMENT = 'runtime';
const State = v.strictObject({
  directory: v.string(),
  /** Azurite's process, which outlives a killed emulator for as long as it writes. */
  storage: v.nullable(v.strictObject({ pid: v.number(), startTime: v.string() })),
});

const STORAGE_END_MS = 10_000;

/** Makes the directory, after the remains of an emulator that was killed are gone. */
export async function makeRuntimeDirectory(store: StateStore): Promise<string> {
  const left = await loadDocumentAs(store, DOCUMENT, State);
  if (left !== null) await clearRemains(left);
  const directory = await mkdtemp(join(tmpdir(), PREFIX));
  await store.save(DOCUMENT, { directory, storage: null });
  return directory;
}

/** Notes the process that must have ended before its files are used again. */
export async function noteStorageProcess(store: StateStore, directory: string, pid: number): Promise<void> {
  const storage = await identifyProcess(pid);
  await store.save(DOCUMENT, { directory, storage: storage === null ? null : { ...storage } });
}

async function clearRemains({ directory, storage }: v.InferOutput<typeof State>): Promise<void> {
  if (storage !== null) {
    for (let waited = 0; waited < STORAGE_END_MS && (await isAlive(storage)); waited += 50) await delay(50);
    if (await isAlive(storage)) process.kill(storage.pid, 'SIGKILL');
  }
  // Only what makeRuntimeDirectory can have made, whatever the document says.
  if (dirname(directory) === tmpdir() && basename(directory).startsWith(PREFIX))
    await rm(directory, { recursive: true, force: true });
}
