// Every attack of docs/security/threat-model.md of kind E, and how they are asked for.

import { CleanroomError } from '../../base/errors.js';
import { settleAll } from '../stage/settle-all.js';
import { type Attack, type AttackOutcome, playAttack } from './attack.js';
import type { AttackSetting } from './attack-setting.js';
import { CONTRACT_ATTACKS } from './contract-attacks.js';
import { MODEL_ATTACKS } from './model-attacks.js';
import { OFFICER_ATTACKS } from './crypto-officer.js';
import { DATASET_ATTACKS } from './dataset-swaps.js';
import { DISCLOSURE_ATTACKS } from './disclosure.js';
import { EVIDENCE_ATTACKS } from './evidence-attacks.js';
import { KEY_ATTACKS } from './key-access.js';
import { OUTSIDER_ATTACKS } from './outsiders.js';
import { REVOCATION_ATTACKS } from './revoke-and-deny.js';
import { KNOWN_KEY_ATTACKS } from './known-key.js';
import { ENVIRONMENT_ATTACKS } from './room-environment.js';
import { POLICY_ATTACKS } from './room-policies.js';
import { RELEASE_ATTACKS } from './release-attacks.js';
import { SERVICE_ATTACKS } from './service-attacks.js';
import { OWNER_ATTACKS } from './several-owners.js';

/* As people count: I2 before I10. */
const collator = new Intl.Collator('en', { numeric: true });

/** All of them, those of one id together. */
export const ATTACKS: readonly Attack[] = [
  ...KEY_ATTACKS,
  ...OFFICER_ATTACKS,
  ...POLICY_ATTACKS,
  ...ENVIRONMENT_ATTACKS,
  ...DISCLOSURE_ATTACKS,
  ...MODEL_ATTACKS,
  ...EVIDENCE_ATTACKS,
  ...DATASET_ATTACKS,
  ...CONTRACT_ATTACKS,
  ...REVOCATION_ATTACKS,
  ...KNOWN_KEY_ATTACKS,
  ...OUTSIDER_ATTACKS,
  ...OWNER_ATTACKS,
  ...SERVICE_ATTACKS,
  ...RELEASE_ATTACKS,
].sort((a, b) => collator.compare(a.id, b.id));

/** Ids that have an attack, in the order of the list. */
export const ATTACK_IDS: readonly string[] = [...new Set(ATTACKS.map(({ id }) => id))];

/** The attacks of one id (`I4`), or one of them (`I4/allow-all`). @throws CleanroomError USAGE for an unknown one */
export function findAttacks(wanted: string): readonly Attack[] {
  const [id, name] = wanted.split('/');
  const found = ATTACKS.filter(
    (attack) => attack.id.toLowerCase() === id?.toLowerCase() && (name === undefined || attack.name === name),
  );
  if (found.length > 0) return found;
  throw new CleanroomError('USAGE', `there is no attack ${wanted}; there are: ${ATTACK_IDS.join(', ')}`);
}

/* Most of an attack is waiting for a room. */
const AT_ONCE = 3;

/**
 * Plays attacks, a few at a time; those that must be alone come last.
 *
 * @returns the outcomes in the order of `attacks`.
 * @throws INTERRUPTED, and as playAttack, after what was under way has ended
 */
export async function playAttacks(
  attacks: readonly Attack[],
  setting: AttackSetting,
  beforeEach: (attack: Attack) => void = () => undefined,
): Promise<readonly AttackOutcome[]> {
  const outcomes = new Map<Attack, AttackOutcome>();
  const playThrough = async (queue: Attack[]): Promise<void> => {
    for (let attack = queue.shift(); attack !== undefined; attack = queue.shift()) {
      setting.stage.signal.throwIfAborted();
      beforeEach(attack);
      outcomes.set(attack, await playAttack(attack, setting));
    }
  };
  const together = attacks.filter(({ alone }) => alone !== true);
  await settleAll(Array.from({ length: AT_ONCE }, () => playThrough(together)));
  await playThrough(attacks.filter(({ alone }) => alone === true));
  return attacks.flatMap((attack) => outcomes.get(attack) ?? []);
}
