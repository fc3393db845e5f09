// An attack of the threat model, played as its attacker would, and what came of it.

import { CleanroomError } from '../../base/errors.js';
import type { AttackSetting } from './attack-setting.js';

/** What an attack runs into that is no error: the attempt went through and brought nothing. */
export type Observation =
  /** What was searched for is nowhere that the attacker can read. */
  | 'NOTHING_FOUND'
  /** The variable never reached the process. */
  | 'VARIABLE_DROPPED'
  /** The same inputs gave the same result again. */
  | 'SAME_RESULT'
  /** What came out has no sequence that a terminal obeys. */
  | 'ESCAPED'
  /** The receipt proves what its owner denies. */
  | 'RECEIPT_HOLDS'
  /** After the cut the room took up where it was, and counted once. */
  | 'COUNTED_ONCE';

export interface Attack {
  /** Id in docs/security/threat-model.md. */
  readonly id: string;
  /** Tells the attacks of one id apart. */
  readonly name: string;
  /** What is tried, a sentence that begins with its verb. */
  readonly what: string;
  /** What the attacker would have had. */
  readonly wouldHaveLeaked: string;
  /** Who is expected to refuse, by the code of the refusal or observation; any other code is not a refusal. */
  readonly guards: Readonly<Record<string, string>>;
  /** Changes or compares what other attacks on the honest deal rely on: played when nothing else is. */
  readonly alone?: true;
  /** Resolves with what was observed, or null where the attack succeeded; a refusal is thrown. */
  readonly play: (setting: AttackSetting) => Promise<Observation | null>;
}

export interface AttackOutcome {
  readonly id: string;
  readonly name: string;
  readonly what: string;
  readonly refused: boolean;
  /** The part that refused; "nobody" where the attack succeeded, or failed without meeting its defence. */
  readonly refusedBy: string;
  readonly code: string;
  readonly wouldHaveLeaked: string;
}

/**
 * Plays one attack. It counts as refused only where the code is one that its defence gives: an attack that fails of
 * something else has not been refused, it has not been played.
 *
 * @throws what is not a CleanroomError, and INTERRUPTED
 */
export async function playAttack(attack: Attack, setting: AttackSetting): Promise<AttackOutcome> {
  const { id, name, what, wouldHaveLeaked, guards } = attack;
  const code = await codeOf(() => attack.play(setting));
  const guard = Object.hasOwn(guards, code) ? guards[code] : undefined;
  return {
    id,
    name,
    what,
    refused: guard !== undefined,
    refusedBy: guard ?? 'nobody',
    code,
    wouldHaveLeaked,
  };
}

async function codeOf(attempt: () => Promise<Observation | null>): Promise<string> {
  try {
    return (await attempt()) ?? 'SUCCEEDED';
  } catch (error) {
    if (error instanceof CleanroomError && error.code !== 'INTERRUPTED') return error.code;
    throw error;
  }
}
