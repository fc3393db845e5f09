// How much memory this process may still take: of the machine, of every control group that it is in (cgroup v1 and v2), and of its
// own data segment.

import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';

/** Reads a small file of the kernel's; null where there is none. */
export type SystemFiles = (path: string) => Promise<string | null>;

/* One limit, what is used of it, and what of that is a cache of files, which the kernel gives back before it kills. */
interface GroupFiles {
  readonly root: string;
  readonly limit: string;
  readonly usage: string;
  readonly cached: readonly string[];
}

/* Linux Documentation/admin-guide/cgroup-v1/memory.rst: the hierarchy's own sums are those with `total_`. */
const VERSION_1: GroupFiles = {
  root: '/sys/fs/cgroup/memory',
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  cached: ['total_inactive_file', 'total_active_file'],
};

/* Linux Documentation/admin-guide/cgroup-v2.rst, "Memory Interface Files". */
const VERSION_2: GroupFiles = {
  root: '/sys/fs/cgroup',
  limit: 'memory.max',
  usage: 'memory.current',
  cached: ['inactive_file', 'active_file'],
};

/**
 * Bytes that this process can take before it is refused memory or killed. A group that cannot be read limits nothing here;
 * Node's own reading of the limit counts too.
 */
export async function availableMemory(files: SystemFiles = readSystemFile): Promise<number> {
  const groups = (await files('/proc/self/cgroup')) ?? '';
  const rooms = [freemem()];
  const constrained = process.constrainedMemory();
  if (constrained > 0) rooms.push(constrained - process.memoryUsage.rss());
  for (const line of groups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    if (controllers === '') rooms.push(await roomInGroups(VERSION_2, path, files));
    else if (controllers.split(',').includes('memory'))
      rooms.push(await roomInGroups(VERSION_1, path, files));
  }
  rooms.push(await roomInSegment(files));
  return Math.max(0, Math.min(...rooms));
}

/* What setrlimit(2) allows of RLIMIT_DATA, less what is taken of it (proc(5): /proc/pid/limits and VmData in KiB). */
async function roomInSegment(files: SystemFiles): Promise<number> {
  const limits = (await files('/proc/self/limits')) ?? '';
  const status = (await files('/proc/self/status')) ?? '';
  const limit = numberOf(/^Max data size +(\S+)/m.exec(limits)?.[1] ?? null);
  const taken = numberOf(/^VmData:\s+(\d+) kB$/m.exec(status)?.[1] ?? null);
  return limit === null || taken === null ? Infinity : limit - taken * 1024;
}

/* A container sees its own group as the root, whatever path the host has for it: the root counts too. */
async function roomInGroups(group: GroupFiles, path: string, files: SystemFiles): Promise<number> {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  let least = Infinity;
  for (let depth = parts.length; depth >= 0; depth--)
    least = Math.min(least, await roomIn([group.root, ...parts.slice(0, depth)].join('/'), group, files));
  return least;
}

async function roomIn(directory: string, group: GroupFiles, files: SystemFiles): Promise<number> {
  const limit = numberOf(await files(`${directory}/${group.limit}`));
  const usage = numberOf(await files(`${directory}/${group.usage}`));
  if (limit === null || usage === null) return Infinity;
  const statistics = (await files(`${directory}/memory.stat`)) ?? '';
  const cached = group.cached.map(
    (name) => numberOf(new RegExp(`^${name} (\\d+)$`, 'm').exec(statistics)?.[1] ?? null) ?? 0,
  );
  return limit - usage + cached.reduce((sum, bytes) => sum + bytes, 0);
}

/* "max" is no number: there is no limit. */
function numberOf(text: string | null): number | null {
  const digits = text?.trim() ?? '';
  return /^\d+$/.test(digits) ? Number(digits) : null;
}

function readSystemFile(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}
