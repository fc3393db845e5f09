// The CCE policy that the guest agent gave to this container, and whether it holds this room to its contract.

import { join } from 'node:path';

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { fromBase64 } from '../base/bytes/base64.js';
import { sha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { contractPinProblem } from '../cce-policy/read/contract-pin.js';
import { parsePolicy } from '../cce-policy/read/policy-model.js';
import { CleanroomError } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';

const MAX_POLICY_FILE = 8 * 1024 * 1024;

/** The policy text as the room found it, and its SHA-256. That it is the enforced one is shown by HOST_DATA only. */
export interface OwnPolicy {
  readonly text: string;
  readonly hash: Sha256Hex;
}

/**
 * Reads the policy from the security context.
 *
 * @throws CleanroomError ROOM_POLICY_MISMATCH if it is missing or no base64 of text.
 */
export async function readOwnPolicy(securityContextDirectory: string): Promise<OwnPolicy> {
  const encoded = await readTextBounded(
    join(securityContextDirectory, 'security-policy-base64'),
    MAX_POLICY_FILE,
  ).catch((cause: unknown) => {
    throw new CleanroomError('ROOM_POLICY_MISMATCH', 'the room was given no policy', { cause });
  });
  const bytes = fromBase64(encoded.trim());
  const text = bytes === null ? null : decodeUtf8(bytes);
  if (bytes === null || text === null)
    throw new CleanroomError('ROOM_POLICY_MISMATCH', 'the policy of the room is not base64 of text');
  return { text, hash: sha256Hex(bytes) };
}

/**
 * Demands that the policy pins the contract and no other.
 *
 * @throws CleanroomError ROOM_POLICY_MISMATCH
 */
export function requirePinnedContract(policy: OwnPolicy, contract: Sha256Hex): void {
  const problem = contractPinProblem(parsePolicy(policy.text), contract);
  if (problem === null) return;
  throw new CleanroomError(
    'ROOM_POLICY_MISMATCH',
    `the policy of the room does not pin its contract: ${problem}`,
  );
}
