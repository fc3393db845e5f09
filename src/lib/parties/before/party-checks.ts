// Checks of what the parties did: whose signatures are there, and to what their keys are bound.

import type { CheckList } from '../../base/verdict/check.js';
import { appraiseConsent } from '../../keys/sign-consent.js';
import { releasePolicyOf } from '../../contract/release-policy/build.js';
import { renderReleasePolicy } from '../../contract/release-policy/grammar.js';
import { releasePolicyDigest } from '../../contract/release-policy/policy-digest.js';
import { releasePolicyProblems } from '../../contract/release-policy/lint.js';
import type {
  AgreementEvidence,
  AgreementQuestion,
  PlannedKey,
  ReadKey,
  StatedKey,
  Unread,
} from './agreement-evidence.js';
import type { JudgedPolicy } from './policy-checks.js';

/** A missing signature fails where its turn has passed, and is open where nobody was asked. */
export function checkConsent(
  checks: CheckList,
  { parsed, consents }: AgreementEvidence,
  { signers: demanded }: AgreementQuestion,
): void {
  const { parties } = parsed.contract;
  const appraisal = appraiseConsent(parsed, consents);
  const { signers, needed } = appraisal;
  const actual = signers.join(', ') || 'no party';
  const named: readonly string[] | null = typeof demanded === 'string' ? null : demanded;
  const missing = (named ?? []).filter((id) => !signers.includes(id));
  // Whoever holds a contract of one party is that party.
  const enough = named !== null ? missing.length === 0 : signers.length >= needed || parties.length === 1;
  const lacks =
    missing.length === 0
      ? `it is signed by ${actual}, and the contract demands ${needed} of ${parties.length} parties`
      : `it is not signed by ${missing.join(', ')}`;
  if (!enough && demanded === 'listed') checks.skip('CONSENT_SIGNED', { reason: lacks });
  else
    checks.record('CONSENT_SIGNED', enough, {
      expected: named !== null ? named.join(', ') : `${needed} of ${parties.length} parties`,
      actual,
      ...(enough ? {} : { reason: lacks }),
    });
  const twice = appraisal.checks.find(({ id }) => id === 'CONSENT_EQUIVOCATION');
  if (twice !== undefined) checks.fail('CONSENT_EQUIVOCATION', { reason: twice.reason ?? '' });
}

/**
 * Every branch and every clause of each key's release policy: one weak branch is enough to lose the key. Of a party that
 * brings no dataset, and where nobody says who asks, all keys count alike.
 */
export function checkKeys(
  checks: CheckList,
  evidence: AgreementEvidence,
  { party }: AgreementQuestion,
  { policy: { hash } }: JudgedPolicy,
): void {
  const { contract } = evidence.parsed;
  const bringsOne = contract.datasets.some(({ owner }) => owner === party);
  for (const { id, owner } of contract.datasets) {
    const key = evidence.keys.get(id) ?? { kind: 'unread', reason: `the key of ${id} was not given` };
    const isOther = bringsOne && owner !== party;
    checkKey(checks, isOther ? 'OTHER_KEY_POLICY' : 'KEY_RELEASE_POLICY', { id, key, contract, hash });
  }
}

interface KeyOfDataset {
  readonly id: string;
  readonly key: ReadKey | StatedKey | PlannedKey | Unread;
  readonly contract: AgreementEvidence['parsed']['contract'];
  readonly hash: JudgedPolicy['policy']['hash'];
}

const SHOWN = 5;

function checkKey(
  checks: CheckList,
  check: 'OTHER_KEY_POLICY' | 'KEY_RELEASE_POLICY',
  { id, key, contract, hash }: KeyOfDataset,
): void {
  const spec = `dataset ${id}`;
  if (key.kind === 'unread') {
    checks.skip(check, { reason: key.reason, spec });
    if (check === 'KEY_RELEASE_POLICY') checks.skip('KEY_POLICY_IMMUTABLE', { reason: key.reason, spec });
    return;
  }
  if (key.kind === 'stated') {
    checkStated(checks, check, key, { id, contract, hash });
    return;
  }
  const problems = releasePolicyProblems(textOf(key, contract, hash), contract, hash);
  const good =
    key.kind === 'planned'
      ? `the key of ${id} will be made with a release policy that demands it in every branch`
      : `every branch of the key of ${id} demands it`;
  checks.record(check, problems.length === 0, {
    expected: hash,
    actual: problems.length === 0 ? good : problems.slice(0, SHOWN).join('; '),
    ...(problems.length === 0 ? {} : { reason: `${id}: ${problems.slice(0, SHOWN).join('; ')}` }),
    spec,
  });
  if (key.kind === 'read') checkImmutable(checks, key, id);
}

/* A digest is as good as the policy where it is that of the one policy that cleanroom writes; of another it says nothing. */
function checkStated(
  checks: CheckList,
  check: 'OTHER_KEY_POLICY' | 'KEY_RELEASE_POLICY',
  { sha256, immutable }: StatedKey,
  { id, contract, hash }: Omit<KeyOfDataset, 'key'>,
): void {
  const spec = `dataset ${id}`;
  const expected = releasePolicyDigest(renderReleasePolicy(releasePolicyOf(contract, hash)));
  if (sha256 === expected)
    checks.pass(check, {
      expected: hash,
      actual: `its owner signed that the key of ${id} demands it in every branch`,
      spec,
    });
  else if (sha256 === null)
    checks.skip(check, { reason: `its owner did not sign what the key of ${id} demands`, spec });
  else
    checks.skip(check, {
      reason: `its owner sealed ${id} to a key with another release policy (${sha256}) than this policy's`,
      spec,
    });
  checkImmutable(checks, { immutable }, id);
}

function textOf(
  key: ReadKey | PlannedKey,
  contract: KeyOfDataset['contract'],
  hash: KeyOfDataset['hash'],
): string | null {
  return key.kind === 'planned' ? renderReleasePolicy(releasePolicyOf(contract, hash)) : key.releasePolicy;
}

function checkImmutable(checks: CheckList, { immutable }: Pick<ReadKey, 'immutable'>, id: string): void {
  const spec = `dataset ${id}`;
  if (immutable === null)
    checks.skip('KEY_POLICY_IMMUTABLE', { reason: 'the given files do not show it', spec });
  else
    checks.record('KEY_POLICY_IMMUTABLE', immutable, {
      ...(immutable
        ? {}
        : { reason: `every identity that manages the key of ${id} can bind it to another policy` }),
      spec,
    });
}
