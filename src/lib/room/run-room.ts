// The room as a process: environment in, log lines on stdout, an exit code a cause; SIGTERM ends it in good order.

import { setTimeout as sleep } from 'node:timers/promises';

import { CleanroomError } from '../base/errors.js';
import { availableMemory } from '../summarizer/available-memory.js';
import type { Environment } from './config.js';
import { ROOM_EXIT, roomExitCode } from './exit-codes.js';
import { createLog, type Log } from './log.js';
import { DEFAULT_SCHEDULE } from './retry.js';
import { startRoom } from './room.js';

/* How long a room that gave no result goes on saying so on its page before its exit code says it. */
const LINGER_MS = 15 * 60_000;

export interface RoomProcess {
  /** Asked once, first of all; what it throws ends the room. */
  readonly readEnvironment: () => Environment;
  /** Where log lines go; nothing else is ever written. */
  readonly write: (line: string) => void;
  /** Aborted by SIGTERM. */
  readonly signal: AbortSignal;
  /** Every model in it may be the contract's; its digest decides. */
  readonly modelsDirectory: string;
  readonly lingerMs?: number;
}

/**
 * Runs the room until it is told to stop, or until it has said for long enough why there is no result; one of several ends with its work.
 *
 * @returns the process's exit code (exit-codes.ts).
 */
export async function runRoom({
  readEnvironment,
  write,
  signal,
  modelsDirectory,
  lingerMs = LINGER_MS,
}: RoomProcess): Promise<number> {
  const now = (): Date => new Date();
  const log = createLog(write, now);
  try {
    const room = await startRoom({
      environment: readEnvironment(),
      log,
      schedule: DEFAULT_SCHEDULE,
      modelsDirectory,
      availableMemory: () => availableMemory(),
      signal,
      now,
    });
    const { state, code } = await room.ended;
    if (!room.isShard) await stopped(signal, state === 'done' ? null : lingerMs);
    await room.close();
    return code === null || code === 'INTERRUPTED' ? ROOM_EXIT.stopped : roomExitCode(code);
  } catch (error) {
    return reportFailure(log, error, signal);
  }
}

/* Only the code of an error is written: its message, or that of its cause, might quote what it stumbled over. */
function reportFailure(log: Log, error: unknown, signal: AbortSignal): number {
  if (signal.aborted) return ROOM_EXIT.stopped;
  const code = error instanceof CleanroomError ? error.code : 'INTERNAL';
  const message = error instanceof CleanroomError ? error.message : 'an unexpected failure';
  log.write('not-started', { code, message });
  return code === 'BLOB_MISSING' ? ROOM_EXIT.contractMissing : roomExitCode(code);
}

async function stopped(signal: AbortSignal, afterMs: number | null): Promise<void> {
  try {
    await sleep(afterMs ?? 2 ** 31 - 1, undefined, { signal });
    if (afterMs === null) await stopped(signal, null);
  } catch {
    /* told to stop */
  }
}
