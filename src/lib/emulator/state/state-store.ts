// State of the services as JSON documents in one directory, each replaced whole: a kill -9 leaves the old or the new one.

import { randomUUID } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Json } from '../../base/bytes/canonical-json.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { CleanroomError, describeCause } from '../../base/errors.js';
import { writeFileAtomic } from '../../base/files/atomic-write.js';
import { readTextBounded } from '../../base/files/read-bounded.js';

/** What a service needs to survive a restart. Names are lower-case words joined by hyphens. */
export interface StateStore {
  /** The document last saved under `name`, or null. @throws CleanroomError EMULATOR_STATE_CORRUPT */
  load(name: string): Promise<Json | null>;
  /** Resolves once the document is on disk; saves of one name are done in order. */
  save(name: string, value: Json): Promise<void>;
}

const MAX_DOCUMENT_BYTES = 256 * 1024 * 1024;

/** A store in `directory` (made where it is missing), readable by its owner only. */
export async function openStateStore(directory: string): Promise<StateStore> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const pending = new Map<string, Promise<void>>();
  return {
    load: (name) => loadDocument(join(directory, `${name}.json`)),
    save: (name, value) => {
      const text = JSON.stringify(value);
      const write = (pending.get(name) ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => writeFileAtomic(join(directory, `${name}.json`), text, { mode: 0o600 }));
      pending.set(name, write);
      return write;
    },
  };
}

async function loadDocument(path: string): Promise<Json | null> {
  let text: string;
  try {
    text = await readTextBounded(path, MAX_DOCUMENT_BYTES);
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'FILE_NOT_FOUND') return null;
    throw corrupt(path, cause);
  }
  try {
    return parseStrictJson(text);
  } catch (cause) {
    throw corrupt(path, cause);
  }
}

/** The error for a document that cannot be what a service saved. */
export function corrupt(path: string, cause: unknown): CleanroomError {
  return new CleanroomError('EMULATOR_STATE_CORRUPT', `${path}: ${describeCause(cause)}`, { cause });
}

/** A store that forgets: for tests of single services. */
export function memoryStateStore(): StateStore {
  const documents = new Map<string, string>();
  return {
    load: (name) => {
      const text = documents.get(name);
      return Promise.resolve(text === undefined ? null : parseStrictJson(text));
    },
    save: (name, value) => {
      documents.set(name, JSON.stringify(value));
      return Promise.resolve();
    },
  };
}

/** What marks a directory as an emulator's, and its form. */
export interface StateMarker {
  readonly version: 1;
  readonly id: string;
}

/** The directory's marker, made for a new one. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function ensureMarker(store: StateStore): Promise<StateMarker> {
  const found = await store.load('emulator');
  if (found === null) {
    const marker: StateMarker = { version: 1, id: randomUUID() };
    await store.save('emulator', { ...marker });
    return marker;
  }
  if (typeof found !== 'object' || Array.isArray(found) || !('id' in found))
    throw corrupt('emulator.json', new Error('not the marker of a state directory'));
  if (!('version' in found) || found['version'] !== 1 || typeof found['id'] !== 'string')
    throw corrupt('emulator.json', new Error('made by another version of cleanroom'));
  return { version: 1, id: found['id'] };
}
