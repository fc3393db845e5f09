// An attack, played as its attacker would, and who refused it. Ids are those of the threat model.

import { CleanroomError } from '../errors.js';

export interface AttackOutcome {
  /** Id of the threat. */
  readonly id: string;
  /** What was tried, one sentence. */
  readonly what: string;
  readonly refused: boolean;
  /** The part that refused; "nobody" where it succeeded. */
  readonly refusedBy: string;
  readonly code: string;
}

export interface AttackDescription {
  readonly id: string;
  readonly what: string;
  /** Who is expected to refuse. */
  readonly guard: string;
}

/** Plays an attack whose success is that `attempt` ends without an error. */
export async function playAttack(
  { id, what, guard }: AttackDescription,
  attempt: () => Promise<unknown>,
): Promise<AttackOutcome> {
  try {
    await attempt();
    return { id, what, refused: false, refusedBy: 'nobody', code: 'SUCCEEDED' };
  } catch (error) {
    if (error instanceof CleanroomError)
      return { id, what, refused: true, refusedBy: guard, code: error.code };
    throw error;
  }
}
