// A container's memory: limited by a control group where this user may make one, else by the size of its data segment.

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Bind } from './bind.js';

export interface MemoryLimit {
  /** As people read it. */
  readonly by: 'a control group' | 'its data segment' | 'nothing';
  /** What the shell that starts a container is told: a file that takes its process id, a limit in KiB, or `-`. */
  readonly told: string;
  /** Where the container finds its own group, as it does in Azure. */
  readonly binds: readonly Bind[];
  /** Removes the group; its processes have ended. */
  remove(): void;
}

interface Hierarchy {
  readonly root: string;
  /** Of a line of /proc/self/cgroup: its controllers. */
  readonly isNamed: (controllers: string) => boolean;
  readonly limit: string;
  /** Files that keep the group from taking swap instead; not every kernel has them. */
  readonly swap: (bytes: number) => readonly [file: string, value: string];
}

/* Linux Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst. */
const HIERARCHIES: readonly Hierarchy[] = [
  {
    root: '/sys/fs/cgroup/memory',
    isNamed: (controllers) => controllers.split(',').includes('memory'),
    limit: 'memory.limit_in_bytes',
    swap: (bytes) => ['memory.memsw.limit_in_bytes', String(bytes)],
  },
  {
    root: '/sys/fs/cgroup',
    isNamed: (controllers) => controllers === '',
    limit: 'memory.max',
    swap: () => ['memory.swap.max', '0'],
  },
];

const UNLIMITED: MemoryLimit = { by: 'nothing', told: '-', binds: [], remove: () => undefined };

/**
 * Limits what one container may take to `bytes`; null: nothing is limited.
 *
 * @param name - of the group: unique on this machine, a single path component.
 * @param hierarchies - where groups are tried; none: the data segment is limited (setrlimit(2), RLIMIT_DATA).
 */
export function limitMemory(
  name: string,
  bytes: number | null,
  hierarchies: readonly Hierarchy[] = HIERARCHIES,
): MemoryLimit {
  if (bytes === null) return UNLIMITED;
  for (const hierarchy of hierarchies)
    for (const parent of parentsIn(hierarchy)) {
      const group = makeGroup(join(parent, name), bytes, hierarchy);
      if (group !== null) return group;
    }
  return { ...UNLIMITED, by: 'its data segment', told: String(Math.floor(bytes / 1024)) };
}

/* Below this process's own group, so that what limits it limits its containers; beside it, where version 2 forbids that. */
function parentsIn({ root, isNamed }: Hierarchy): readonly string[] {
  const line = readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .map((text) => /^\d+:([^:]*):(\/.*)$/.exec(text))
    .find((match) => match !== null && isNamed(match[1] ?? ''));
  const own = line?.[2];
  if (own === undefined) return [];
  return [...new Set([join(root, own), join(root, dirname(own)), root])];
}

function makeGroup(directory: string, bytes: number, { root, limit, swap }: Hierarchy): MemoryLimit | null {
  try {
    mkdirSync(directory, { mode: 0o755 });
  } catch (cause) {
    /* Left by an emulator that was killed: taken up. */
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') return null;
  }
  const write = (file: string, value: string): void =>
    writeFileSync(join(directory, file), value, { flag: 'r+' });
  const remove = (): void => attempt(() => rmdirSync(directory));
  try {
    write(limit, String(bytes));
  } catch {
    remove();
    return null;
  }
  attempt(() => write(...swap(bytes)));
  return {
    by: 'a control group',
    told: join(directory, 'cgroup.procs'),
    binds: [{ inside: root, outside: directory, readOnly: true }],
    remove,
  };
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    return;
  }
}
