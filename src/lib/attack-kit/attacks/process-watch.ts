// What everybody on a machine can see of its processes while something runs: their arguments, and of one's own the environment.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { holdsSecret } from './plaintext-search.js';

const INTERVAL_MS = 50;

/**
 * Looks into every process, again and again, until `work` ends.
 *
 * @returns where a secret was seen; null where this system has no /proc to look into.
 */
export async function watchProcesses(
  secrets: readonly string[],
  work: () => Promise<unknown>,
): Promise<readonly string[] | null> {
  const looked = look(secrets);
  const seen = new Set<string>(looked ?? []);
  const ended = new AbortController();
  const looking = lookUntil(ended.signal, secrets, seen);
  try {
    await work();
  } finally {
    ended.abort();
    await looking;
  }
  return looked === null ? null : [...seen];
}

async function lookUntil(ended: AbortSignal, secrets: readonly string[], seen: Set<string>): Promise<void> {
  while (!ended.aborted) {
    for (const place of look(secrets) ?? []) seen.add(place);
    await delay(INTERVAL_MS, undefined, { signal: ended }).catch(() => undefined);
  }
}

/* Reads without handing each file to a thread: on a busy machine a process would begin and end while one look waits. */
function look(secrets: readonly string[]): readonly string[] | null {
  const names = attempt(() => readdirSync('/proc'));
  if (names === null) return null;
  return names
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => join('/proc', pid, file)))
    .filter((place) => {
      const bytes = attempt(() => readFileSync(place));
      return bytes !== null && holdsSecret(bytes, secrets);
    });
}

/* A process may have ended, or be another's. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
