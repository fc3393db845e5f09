// Runs that would write the same files of a directory: one after the other.

import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { makeDirectory } from '../base/files/make-directory.js';
import { type ProcessLock, takeProcessLock } from '../base/files/process-lock.js';
import type { Progress } from '../base/progress.js';

export interface Waiting {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const LOOK_AGAIN_MS = 100;

/** Does `work` under the lock at `path`, after whoever has it; one whose process is gone is nobody's. */
export async function oneAtATime<T>(path: string, waiting: Waiting, work: () => Promise<T>): Promise<T> {
  await makeDirectory(dirname(path), 0o700);
  const lock = await waitForLock(path, waiting);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function waitForLock(path: string, { progress, signal }: Waiting): Promise<ProcessLock> {
  let said = false;
  for (;;) {
    signal.throwIfAborted();
    const lock = await takeProcessLock(path);
    if ('release' in lock) return lock;
    if (!said) progress.phase(`waiting for process ${lock.pid}, which works on the same dataset here`);
    said = true;
    await delay(LOOK_AGAIN_MS);
  }
}
