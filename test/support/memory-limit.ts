// A real limit of memory for a process, by a control group of its own; where this machine lets nobody make one, none.

import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';

export interface MemoryLimit {
  /** Put before a command in a shell, it moves the shell into the group. */
  readonly enter: string;
  remove(): void;
}

const PLACES = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { root: '/sys/fs/cgroup', limit: 'memory.max' },
] as const;

/** A group that holds at most so many bytes; null where neither cgroup v1 nor v2 can be written. */
export function limitMemory(bytes: number): MemoryLimit | null {
  for (const { root, limit } of PLACES) {
    const directory = `${root}/cleanroom-test-${process.pid}`;
    try {
      mkdirSync(directory);
    } catch {
      continue;
    }
    try {
      writeFileSync(`${directory}/${limit}`, String(bytes), { flag: 'r+' });
      return { enter: `echo $$ > ${directory}/cgroup.procs`, remove: () => rmdirSync(directory) };
    } catch {
      rmdirSync(directory);
    }
  }
  return null;
}
