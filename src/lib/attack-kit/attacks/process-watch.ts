// What everybody on a machine can see of its processes while something runs: their arguments, and of one's own the environment.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

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
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(async () => {
      for (const place of (await look(secrets)) ?? []) seen.add(place);
    });
  }, INTERVAL_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
    await looking;
  }
  return looked === null ? null : [...seen];
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
