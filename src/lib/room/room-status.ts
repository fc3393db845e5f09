// What the room says of its work: phases, what it waits for, how it ended. Names, codes and numbers; never text.

import type { ErrorCode } from '../base/errors.js';

/* While a text is open there is one phase, without progress: what it does, and how long each step takes, is the text's. */
export const PHASES = ['keys', 'budget', 'working', 'results'] as const;
export type PhaseId = (typeof PHASES)[number];

export type RoomState = 'waiting' | 'working' | 'done' | 'refused' | 'failed';

export interface PhaseStatus {
  readonly id: PhaseId;
  readonly state: 'pending' | 'active' | 'done' | 'stopped';
}

/** Something that is not there yet, and when it is asked for again. */
export interface Waiting {
  /** A dataset's id, `budget` or `results`. */
  readonly what: string;
  readonly code: ErrorCode;
  readonly attempts: number;
  readonly nextAttempt: string;
}

export interface RoomStatus {
  readonly state: RoomState;
  readonly phases: readonly PhaseStatus[];
  /** Share of the current phase, 0 to 1. */
  readonly progress: number;
  readonly waiting: readonly Waiting[];
  /** Why it was refused or failed. */
  readonly code: ErrorCode | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** The one mutable place of the room's status; everybody else gets snapshots. */
export class StatusBoard {
  private phase: PhaseId | null = null;
  private progress = 0;
  private readonly waiting = new Map<string, Waiting>();
  private end: { readonly state: 'done' | 'refused' | 'failed'; readonly code: ErrorCode | null } | null =
    null;
  private endedAt: string | null = null;
  private readonly startedAt: string;

  constructor(private readonly now: () => Date) {
    this.startedAt = now().toISOString();
  }

  enter(phase: PhaseId): void {
    this.phase = phase;
    this.progress = 0;
  }

  advance(share: number): void {
    this.progress = Math.min(1, Math.max(0, share));
  }

  wait(waiting: Waiting): void {
    this.waiting.set(waiting.what, waiting);
  }

  arrived(what: string): void {
    this.waiting.delete(what);
  }

  finish(state: 'done' | 'refused' | 'failed', code: ErrorCode | null): void {
    this.end = { state, code };
    this.waiting.clear();
    this.endedAt = this.now().toISOString();
  }

  snapshot(): RoomStatus {
    return {
      state: this.end?.state ?? (this.waiting.size > 0 ? 'waiting' : 'working'),
      phases: PHASES.map((id, index) => ({ id, state: this.stateOf(index) })),
      progress: this.progress,
      waiting: [...this.waiting.values()].sort((a, b) => (a.what < b.what ? -1 : 1)),
      code: this.end?.code ?? null,
      startedAt: this.startedAt,
      endedAt: this.endedAt,
    };
  }

  private stateOf(index: number): PhaseStatus['state'] {
    const current = this.phase === null ? -1 : PHASES.indexOf(this.phase);
    if (this.end?.state === 'done' || index < current) return 'done';
    if (index > current) return 'pending';
    return this.end === null ? 'active' : 'stopped';
  }
}
