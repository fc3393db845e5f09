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

export interface KeysInput {
  readonly contract: Contract;
  /** The exact text of the CCE policy. */
  readonly policy: string;
  /** What the owners signed (`readOwnerSeals`). */
  readonly stated: readonly SealStatement[];
  readonly brought: readonly BroughtReleasePolicy[];
}

/**
 * Records `KEY_STATED`, `KEY_RELEASE_POLICIES` and `KEY_IMMUTABLE`. Whatever an owner did not sign counts for nothing: a key is
 * only looked at where a statement names it and the digest of its release policy.
 */
export function recordKeys(input: KeysInput | null, log: CheckLog): void {
  if (input === null) {
    log.skip('there is no contract, or no policy', 'KEY_STATED', 'KEY_RELEASE_POLICIES', 'KEY_IMMUTABLE');
    return;
  }
  const keys = input.stated.map((statement) => ({ statement, policy: policyOf(statement, input.brought) }));
  const known = keys.flatMap(({ statement, policy }) => (policy === null ? [] : [{ statement, policy }]));
  recordStated(input, keys, log);
  recordImplication(input, known, log);
  recordImmutable(known, log);
}

interface StatedKey {
  readonly statement: SealStatement;
  /** JSON text; null where no policy with the digest that the owner signed came along. */
  readonly policy: string | null;
}

interface KnownKey extends StatedKey {
  readonly policy: string;
}

function policyOf(
  { key, releasePolicy }: SealStatement,
  brought: readonly BroughtReleasePolicy[],
): string | null {
  if (releasePolicy === undefined) return null;
  const found = brought.find((one) => one.key === key && digestOf(one.policy) === releasePolicy.sha256);
  return found?.policy ?? null;
}

function digestOf(policy: string): string | null {
  try {
    return releasePolicyDigest(policy);
  } catch (cause) {
    if (cause instanceof CleanroomError) return null;
    throw cause;
  }
}

function recordStated({ contract }: KeysInput, keys: readonly StatedKey[], log: CheckLog): void {
  const open = contract.datasets.filter(
    ({ id }) =>
      !keys.some(({ statement, policy }) => statement.dataset === id && policy !== null) ||
      keys.some(({ statement, policy }) => statement.dataset === id && policy === null),
  );
  if (open.length === 0) {
    log.record('KEY_STATED', true, { actual: keys.map(({ statement }) => statement.key).join(', ') });
    return;
  }
  const names = open.map(({ id, owner }) => `${id} (${owner})`).join(', ');
  log.skip(`no release policy that its owner signed came along of the key of ${names}`, 'KEY_STATED');
}

function recordImplication({ contract, policy }: KeysInput, keys: readonly KnownKey[], log: CheckLog): void {
  if (keys.length === 0) {
    log.skip('there is no release policy that an owner signed', 'KEY_RELEASE_POLICIES');
    return;
  }
  const hash = sha256Hex(policy);
  const problems = keys.flatMap(({ statement, policy: text }) =>
    releasePolicyProblems(text, contract, hash).map((problem) => `${statement.dataset}: ${problem}`),
  );
  log.recordProblem('KEY_RELEASE_POLICIES', problems[0] ?? null, { expected: `HOST_DATA ${hash}` });
}

/* An owner may keep its policy changeable; then nobody else can rely on what it says today. */
function recordImmutable(keys: readonly KnownKey[], log: CheckLog): void {
  const open = keys.filter(({ statement }) => statement.releasePolicy?.immutable !== true);
  if (keys.length === 0) log.skip('there is no release policy that an owner signed', 'KEY_IMMUTABLE');
  else if (open.length === 0) log.record('KEY_IMMUTABLE', true);
  else {
    const names = open.map(({ statement }) => statement.dataset).join(', ');
    log.skip(`warning: the owner of ${names} can bind the key to another room`, 'KEY_IMMUTABLE');
  }
}
