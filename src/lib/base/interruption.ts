// Ctrl-C amid something that leaves a trace: what is left is part of the error.

import { CleanroomError } from './errors.js';

/**
 * The error to throw for `cause`: itself, unless the work was interrupted.
 *
 * @param left - what is so now, a clause: `nothing is signed`.
 * @returns for an interruption, `INTERRUPTED` with what its cause says and `left` after it.
 */
export function interruptedWith(left: string, cause: unknown, signal: AbortSignal): unknown {
  if (!signal.aborted) return cause;
  const known = cause instanceof CleanroomError && cause.code === 'INTERRUPTED' ? cause : null;
  return new CleanroomError('INTERRUPTED', `${known?.message ?? 'interrupted'}; ${left}`, {
    cause,
    hint: 'Run the same command again.',
  });
}
