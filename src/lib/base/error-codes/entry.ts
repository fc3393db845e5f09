// What an error code is: its exit code, what it means, and what to do.

/** Exit codes of every command, the same with and without --json (docs/design.md#statements). */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  badInput: 3,
  unsafe: 4,
  refused: 5,
  service: 6,
  interrupted: 130,
} as const;

export interface ErrorEntry {
  readonly exit: number;
  /** One sentence: what is so. */
  readonly summary: string;
  /** One sentence: what to do next; used as the hint when the thrower gives none. */
  readonly fix: string;
}
