// KEYS from the evidence alone: what each owner signed of the key it sealed to, and whether that release policy lets anything
// out to another room. It is the owners' word; what the HSM attests of the same key (`keyAttestation`) is beside it.

import type { CheckLog } from '../attestation/check-log.js';
import { sha256Hex } from '../base/bytes/digest.js';
import { CleanroomError } from '../base/errors.js';
import type { Contract } from '../contract/schema.js';
import { releasePolicyDigest } from '../contract/release-policy/policy-digest.js';
import { releasePolicyProblems } from '../contract/release-policy/lint.js';
import type { SealStatement } from '../contract/seal-statement-form.js';
import type { BroughtReleasePolicy } from './evidence-bundle.js';
import type { ReadReceipt } from './receipt.js';

export interface KeysInput {
  readonly contract: Contract;
  /** The exact text of the CCE policy. */
  readonly policy: string;
  /** Those whose signature holds: the keys in question are those that they name. */
  readonly receipts: readonly ReadReceipt[];
  /** What the owners signed (`readOwnerSeals`). */
  readonly stated: readonly SealStatement[];
  readonly brought: readonly BroughtReleasePolicy[];
}

/**
 * Records `KEY_STATED`, `KEY_RELEASE_POLICIES` and `KEY_IMMUTABLE` of every key that a receipt names. What an owner did not
 * sign counts for nothing: a policy is only looked at where a statement names its key and its digest.
 */
export function recordKeys(input: KeysInput | null, log: CheckLog): void {
  const inputs = input?.receipts.flatMap(({ receipt }) => receipt.inputs) ?? [];
  if (input === null || inputs.length === 0) {
    const reason =
      input === null ? 'there is no contract, or no policy' : 'there is no receipt that names a key';
    log.skip(reason, 'KEY_STATED', 'KEY_RELEASE_POLICIES', 'KEY_IMMUTABLE');
    return;
  }
  const keys = [...new Set(inputs.map(({ key }) => key))].map((key) => statedKey(key, input));
  recordStated(keys, log);
  recordImplication(input, keys, log);
  recordImmutable(keys, log);
}

interface StatedKey {
  readonly key: string;
  /** Release policies, JSON, whose digest its owner signed for that key; none: nobody vouches for one. */
  readonly policies: readonly string[];
  /** What its owner signed: that the policy can be changed, cannot be, or both. */
  readonly immutable: readonly boolean[];
}

function statedKey(key: string, { stated, brought }: KeysInput): StatedKey {
  const signed = stated.filter((one) => one.key === key).flatMap(({ releasePolicy }) => releasePolicy ?? []);
  const digests = new Set(signed.map(({ sha256 }) => sha256));
  const policies = brought
    .filter((one) => one.key === key && digests.has(digestOf(one.policy) ?? ''))
    .map(({ policy }) => policy);
  return { key, policies, immutable: signed.map(({ immutable }) => immutable) };
}

function digestOf(policy: string): string | null {
  try {
    return releasePolicyDigest(policy);
  } catch (cause) {
    if (cause instanceof CleanroomError) return null;
    throw cause;
  }
}

function recordStated(keys: readonly StatedKey[], log: CheckLog): void {
  const open = keys.filter(({ policies }) => policies.length === 0);
  if (open.length === 0) {
    log.record('KEY_STATED', true, { actual: listOf(keys) });
    return;
  }
  log.skip(`no release policy that its owner signed came along of ${listOf(open)}`, 'KEY_STATED');
}

function recordImplication({ contract, policy }: KeysInput, keys: readonly StatedKey[], log: CheckLog): void {
  if (keys.every(({ policies }) => policies.length === 0)) {
    log.skip('there is no release policy that an owner signed', 'KEY_RELEASE_POLICIES');
    return;
  }
  const hash = sha256Hex(policy);
  const problems = keys.flatMap(({ key, policies }) =>
    policies.flatMap((text) =>
      releasePolicyProblems(text, contract, hash).map((problem) => `${key}: ${problem}`),
    ),
  );
  log.recordProblem('KEY_RELEASE_POLICIES', problems[0] ?? null, { expected: `HOST_DATA ${hash}` });
}

/* An owner may keep its policy changeable; then nobody else can rely on what it says today. */
function recordImmutable(keys: readonly StatedKey[], log: CheckLog): void {
  const twofold = keys.filter(({ immutable }) => immutable.includes(true) && immutable.includes(false));
  const open = keys.filter(({ immutable }) => !immutable.includes(true));
  const silent = keys.filter(({ immutable }) => immutable.length === 0);
  if (twofold.length > 0)
    log.record('KEY_IMMUTABLE', false, { reason: `its owner signed both of ${listOf(twofold)}` });
  else if (silent.length > 0) log.skip(`its owner did not sign this for ${listOf(silent)}`, 'KEY_IMMUTABLE');
  else if (open.length > 0)
    log.skip(`warning: its owner can bind it to another room: ${listOf(open)}`, 'KEY_IMMUTABLE');
  else log.record('KEY_IMMUTABLE', true);
}

function listOf(keys: readonly StatedKey[]): string {
  return keys.map(({ key }) => key).join(', ');
}
