// A disk with no room left, for the client and for the local Azure. `run` starts itself in a user and mount namespace with a
// small disk in memory; where there are none, a limit on the size of files stands for it, for the client alone.

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import type { Disturbance } from './disturbed.js';

const KIB = 1024;

/** Whether this user may mount a disk in a namespace of its own. */
export function mayMount(): boolean {
  return spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
}

/** The disk that holds `directory`, filled but for a few KiB. */
export function fullDisk(directory: string, random: () => number): Disturbance {
  const filler = join(directory, 'filler');
  return {
    name: 'disk that is full',
    begin: () => {
      fill(filler, directory, Math.floor(random() ** 3 * 4_096) * KIB);
      return Promise.resolve({});
    },
    end: () => {
      rmSync(filler, { force: true });
      return Promise.resolve();
    },
    never: ['INTERNAL', 'LOGIN_FAILED'],
  };
}

function fill(filler: string, directory: string, leave: number): void {
  const zeros = Buffer.alloc(1_024 * KIB);
  const file = openSync(filler, 'w');
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(directory);
      const more = Math.min(zeros.length, bavail * bsize - leave);
      if (more <= 0) return;
      writeSync(file, zeros, 0, more);
    }
  } finally {
    closeSync(file);
  }
}

/** Files may not grow beyond a size that chance picks: the client alone, and nothing of what it reads. */
export function limitedFiles(random: () => number): Disturbance {
  return {
    name: 'files that may not grow, instead of a full disk',
    begin: () => Promise.resolve({ limit: `-f ${1 + Math.floor(random() ** 3 * 4_096)}` }),
    end: () => Promise.resolve(),
    never: ['INTERNAL', 'LOGIN_FAILED'],
  };
}
