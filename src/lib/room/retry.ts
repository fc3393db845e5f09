// Trying again: keys, roles and blobs appear when their owners get to it, and a service may be away for a while.

import { setTimeout as sleep } from 'node:timers/promises';

import { CleanroomError, type ErrorCode } from '../base/errors.js';

/* What time can heal. All else is an answer: a denied policy, a disabled key, a wrong statement. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ATTESTATION_REFUSED',
  'BLOB_CHANGED',
  'BLOB_MISSING',
  'BLOB_REFUSED',
  'KEY_ACCESS_DENIED',
  'KEY_NOT_FOUND',
  'KEY_RELEASE_REFUSED',
  'KEY_RELEASE_TOKEN_REJECTED',
  'SERVICE_UNREACHABLE',
  'SIDECAR_ANSWER_MALFORMED',
  'SIDECAR_REQUEST_REFUSED',
  'SIDECAR_UNREACHABLE',
  'VAULT_LOGIN_REFUSED',
]);

export interface RetrySchedule {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** How long to go on before the last error is final. */
  readonly giveUpAfterMs: number;
}

export const DEFAULT_SCHEDULE: RetrySchedule = {
  firstDelayMs: 250,
  maxDelayMs: 30_000,
  giveUpAfterMs: 30 * 60_000,
};

export interface RetryOptions {
  readonly schedule: RetrySchedule;
  readonly signal: AbortSignal;
  /** Told before each pause. */
  readonly onWait: (error: CleanroomError, attempts: number, delayMs: number) => void;
}

/** Whether it is worth trying again after this error. */
export function isPassing(error: unknown): error is CleanroomError {
  return error instanceof CleanroomError && PASSING.has(error.code);
}

/**
 * Does `attempt` until it succeeds, an error is final, or the schedule ends; the pause doubles each time.
 *
 * @throws the last error; the signal's reason where it was aborted.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  { schedule, signal, onWait }: RetryOptions,
): Promise<T> {
  const deadline = Date.now() + schedule.giveUpAfterMs;
  for (let attempts = 1; ; attempts++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const delay = Math.min(schedule.maxDelayMs, schedule.firstDelayMs * 2 ** Math.min(attempts - 1, 20));
      if (!isPassing(error) || Date.now() + delay > deadline) throw error;
      onWait(error, attempts, delay);
      await sleep(delay, undefined, { signal });
    }
  }
}
