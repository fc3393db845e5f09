// Trying again while an attempt fails with one code: something that will be there, and is not there yet.

import { setTimeout as sleep } from 'node:timers/promises';

import { CleanroomError, type ErrorCode } from '../base/errors.js';

export interface RetryOptions {
  /** How long to go on; 0: once. */
  readonly forMs: number;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** The first success of `attempt`; its last error when time is up, or at once for another code. */
export async function retryWhile<T>(
  code: ErrorCode,
  attempt: () => Promise<T>,
  { forMs, everyMs, signal }: RetryOptions,
): Promise<T> {
  const deadline = performance.now() + forMs;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const again =
        error instanceof CleanroomError && error.code === code && performance.now() + everyMs < deadline;
      if (!again) throw error;
    }
    await sleep(everyMs, undefined, { signal });
  }
}
