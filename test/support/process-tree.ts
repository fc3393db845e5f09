// Processes below another one, as /proc has them: for tests that kill the one at the top.

import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { identifyProcess, isAlive, type ProcessIdentity } from '../../src/lib/base/files/process-identity.js';

/** Every process that `pid` started, or that one of those started. */
export async function descendantsOf(pid: number): Promise<readonly ProcessIdentity[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const below = new Set([pid]);
  for (let size = 0; size !== below.size;) {
    size = below.size;
    for (const [child, parent] of parents) if (below.has(parent)) below.add(child);
  }
  below.delete(pid);
  const found = await Promise.all([...below].map(identifyProcess));
  return found.filter((identity) => identity !== null);
}

/** Resolves when none of them is left: the test's own time is the limit. */
export async function untilEnded(processes: readonly ProcessIdentity[]): Promise<void> {
  for (const identity of processes) while (await isAlive(identity)) await delay(20);
}
