// A Crypto Officer of the owner's HSM: it may give itself every role there, but not what the key itself refuses.

import { join } from 'node:path';

import { releaseWithoutAttestation, replaceReleasePolicy, unwrapWithLogin } from './send-key-requests.js';
import { assignKeyRoleToSelf } from '../../azure/key-roles.js';
import { sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError, type ErrorCode } from '../../base/errors.js';
import { releasePolicyOf } from '../../contract/release-policy/build.js';
import { openParty } from '../stage/stage.js';
import type { Attack, Observation } from './attack.js';
import type { AttackSetting } from './attack-setting.js';
import { forgeToken } from './forge-token.js';
import { HSM_OPERATIONS, HSM_IMMUTABLE, HSM_TOKEN } from './guards.js';
import { CRYPTO_USER, keyTarget, wrappedDataKey } from './key-access.js';
import { connectionOf } from '../stage/connection-of.js';

const CRYPTO_SERVICE_RELEASE_USER =
  'Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/21dbd100-6940-42c2-9190-5d6cb909625c';

/** Who is Crypto Officer of whose HSM while attacks are played: an accomplice of the host, let in by mistake. */
export const CRYPTO_OFFICER = { party: 'tailspin', of: 'fabrikam' } as const;

export const OFFICER_ATTACKS: readonly Attack[] = [
  {
    id: 'I3',
    name: 'crypto-officer',
    what: "as a Crypto Officer of Fabrikam's HSM gives itself Crypto User, unwraps the data key, replaces the release policy, and asks for release with a token that it wrote itself",
    wouldHaveLeaked: "Fabrikam's text, or the private half of its key",
    guards: { KEY_RELEASE_TOKEN_REJECTED: `${HSM_OPERATIONS}; ${HSM_IMMUTABLE}; ${HSM_TOKEN}` },
    play: useEveryRole,
  },
];

async function useEveryRole(setting: AttackSetting): Promise<Observation | null> {
  const deal = await setting.honest();
  const target = await keyTarget(deal);
  const directory = join(setting.directory, 'crypto-officer');
  const officer = await connectionOf(await openParty(setting.stage, CRYPTO_OFFICER.party, directory));
  for (const role of [CRYPTO_USER, CRYPTO_SERVICE_RELEASE_USER])
    await assignKeyRoleToSelf(officer, target.vault, role);
  const wrapped = await wrappedDataKey(deal);
  const other = releasePolicyOf(deal.parsed.contract, sha256Hex('another policy'));
  const token = await forgeToken(deal);
  const heldByKey =
    (await isRefused('KEY_OPERATION_FORBIDDEN', () => unwrapWithLogin(officer, target, wrapped))) &&
    (await isRefused('KEY_POLICY_IMMUTABLE', () => replaceReleasePolicy(officer, target, other)));
  if (!heldByKey) return null;
  await releaseWithoutAttestation(officer, target, token);
  return null;
}

/** Whether an attempt is refused with that code. @throws CleanroomError where it fails of anything else */
async function isRefused(expected: ErrorCode, attempt: () => Promise<void>): Promise<boolean> {
  try {
    await attempt();
    return false;
  } catch (error) {
    if (error instanceof CleanroomError && error.code === expected) return true;
    throw error;
  }
}
