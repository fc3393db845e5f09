// The one error class. Its codes, and the exit code of each, are in error-codes.ts.

import { ERROR_CODES, type ErrorCode } from './error-codes.js';

export type { ErrorCode } from './error-codes.js';

export interface ErrorDetails {
  /** What to do next: one imperative sentence, usually with a command line. */
  readonly hint?: string;
  /** What was caught; shown only under DEBUG=cleanroom*, never in JSON. */
  readonly cause?: unknown;
  /** Ids of the statements of a verdict that do not hold, or could not be proven. */
  readonly statements?: readonly string[];
}

/**
 * A failure with a stable code. `message` says what is so and why; `hint` says what to do next.
 * Neither may hold a key, a token, a SAS or text that is being protected.
 */
export class CleanroomError extends Error {
  override readonly name = 'CleanroomError';
  readonly code: ErrorCode;
  readonly hint: string;
  /** Empty but for an error about a verdict. */
  readonly statements: readonly string[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint ?? ERROR_CODES[code].fix;
    this.statements = details.statements ?? [];
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }
}

/** Ends a switch over a union: a new member is a compile error, and a run-time value outside it our bug. */
export function assertNever(value: never): never {
  throw new CleanroomError('INTERNAL', `unexpected value ${JSON.stringify(value)}`);
}

/** The message of anything that was thrown, for use inside another message. */
export function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** The `code` of a Node system error (`ENOENT`), or undefined. */
export function systemErrorCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

/** The error of a process that may open no more files or sockets; null for any other cause. */
export function openFilesExhausted(cause: unknown): CleanroomError | null {
  const code = systemErrorCode(cause);
  if (code !== 'EMFILE' && code !== 'ENFILE') return null;
  return new CleanroomError('TOO_MANY_FILES_OPEN', describeCause(cause), { cause });
}
