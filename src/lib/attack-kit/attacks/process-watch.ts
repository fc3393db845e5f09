// What everybody on a machine can see of its processes while something runs: their arguments, and of one's own the environment.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { holdsSecret } from './plaintext-search.js';

const INTERVAL_MS = 100;

/**
 * Looks into every process, again and again, until `work` ends.
 *
 * @returns where a secret was seen; null where this system has no /proc to look into.
 */
export async function watchProcesses(
  secrets: readonly string[],
  work: () => Promise<unknown>,
): Promise<readonly string[] | null> {
  const looked = await look(secrets);
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

/* The next look waits for the last: on a machine with many processes one takes longer than the interval. */
async function lookUntil(ended: AbortSignal, secrets: readonly string[], seen: Set<string>): Promise<void> {
  while (!ended.aborted) {
    for (const place of (await look(secrets)) ?? []) seen.add(place);
    await delay(INTERVAL_MS, undefined, { signal: ended }).catch(() => undefined);
  }
}

async function look(secrets: readonly string[]): Promise<readonly string[] | null> {
  const names = await readdir('/proc').catch(() => null);
  if (names === null) return null;
  const places = names
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => join('/proc', pid, file)));
  const found: string[] = [];
  for (const place of places) {
    const bytes = await readFile(place).catch(() => null);
    if (bytes !== null && holdsSecret(bytes, secrets)) found.push(place);
  }
  return found;
}
