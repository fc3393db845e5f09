// Trying again while time can heal it, and saying in status and log what is waited for.

import type { Log } from './log.js';
import { retrying, type RetrySchedule } from './retry.js';
import type { StatusBoard } from './room-status.js';

export interface Patience {
  readonly board: StatusBoard;
  readonly log: Log;
  readonly schedule: RetrySchedule;
  readonly signal: AbortSignal;
}

/** Does `attempt` as often as the schedule allows; `what` is a dataset's id or a fixed name. @throws as retrying */
export async function patiently<T>(
  { board, log, schedule, signal }: Patience,
  what: string,
  attempt: () => Promise<T>,
): Promise<T> {
  const value = await retrying(attempt, {
    schedule,
    signal,
    onWait: ({ code }, attempts, delayMs) => {
      const nextAttempt = new Date(Date.now() + delayMs).toISOString();
      board.wait({ what, code, attempts, nextAttempt });
      log.write('waiting', { what, code, attempts, delayMs });
    },
  });
  board.arrived(what);
  return value;
}
