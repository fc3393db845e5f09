// One emulator a state directory.

import { join } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import { EMULATOR_LOCK_FILE } from '../../base/files/process-identity.js';
import { type ProcessLock, takeProcessLock } from '../../base/files/process-lock.js';

/**
 * Takes the lock of `directory`, which exists. A lock whose process is gone is taken over.
 *
 * @throws CleanroomError EMULATOR_ALREADY_RUNNING
 */
export async function lockDirectory(directory: string): Promise<ProcessLock> {
  const lock = await takeProcessLock(join(directory, EMULATOR_LOCK_FILE));
  if ('release' in lock) return lock;
  throw new CleanroomError(
    'EMULATOR_ALREADY_RUNNING',
    `an emulator (process ${lock.pid}) is running on ${directory}`,
  );
}
