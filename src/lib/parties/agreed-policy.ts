// The policy that a key may be bound to, for the commands that make one.

import { requireLoopback } from '../contract/emulated-contract.js';
import type { ParsedContract } from '../contract/check.js';
import type { Environment } from '../ports/environment.js';
import type { UseCaseContext } from '../ports/use-case.js';
import { requireOwnCardOf } from './agree/require-own-card.js';
import { requireAgreement, verifyPolicyCommand } from './before/require-agreement.js';
import { findConsents, requireConsent } from './consent-files.js';
import { recomputeRoomPolicy, type RoomPolicy } from './room-policy.js';

export interface AgreedPolicyRequest {
  readonly contractPath: string;
  /** `--image` as given. */
  readonly imageFlags: readonly string[] | undefined;
  /** `--trust-program`: `sha256:…` each. */
  readonly trusted: readonly string[];
  readonly parsed: ParsedContract;
  readonly environment: Environment;
}

/**
 * The policy that a key of the caller's may be bound to: recomputed here, of a contract that all have signed and that says of
 * the caller what its card says, with a program that is known.
 *
 * @throws CleanroomError CONTRACT_NOT_MY_CARD, EMULATED_CONTRACT, CONSENT_MISSING, STATEMENT_REFUTED, STATEMENT_UNPROVEN
 */
export async function agreedPolicy(
  { contractPath, parsed, environment, imageFlags, trusted }: AgreedPolicyRequest,
  context: Pick<UseCaseContext, 'cacheDirectory' | 'pullsImages' | 'progress' | 'signal'>,
): Promise<RoomPolicy> {
  requireLoopback(parsed.contract);
  await requireOwnCardOf(environment, parsed, contractPath);
  await requireConsent(contractPath, parsed);
  const recomputed = await recomputeRoomPolicy({ ...context, parsed, environment, imageFlags });
  await requireAgreement({
    parsed,
    recomputed,
    handedOver: null,
    consents: await findConsents(contractPath),
    signers: 'demanded',
    party: environment.profile.party,
    trusted,
    hint: verifyPolicyCommand(contractPath),
  });
  return recomputed;
}
