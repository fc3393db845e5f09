// Whether a policy holds the room to one contract: the one place that decides it, for the room itself and for verifiers.

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { CONTRACT_DIGEST_VARIABLE } from '../../contract/room-plan.js';
import { takesPrefix } from '../pattern/live-prefix.js';
import { type Anchoring, asGuestReads } from '../pattern/reading.js';
import type { EnvironmentRule } from '../policy-document.js';
import type { KnownPolicy, PolicyModel } from './policy-model.js';

const PREFIX = `${CONTRACT_DIGEST_VARIABLE}=`;

/* Which guest will run the room is not known here, so that a rule must hold under either kind. */
const GUESTS: readonly Anchoring[] = ['anchored', 'unanchored'];

/**
 * Why a policy does not pin the contract of that digest; null where it does: the rules of the policy decide which
 * containers start, one rule is `CLEANROOM_CONTRACT_DIGEST=DIGEST`, exact and required, and no other rule of any
 * container takes a text that begins with `CLEANROOM_CONTRACT_DIGEST=`. A program that is given a variable twice reads
 * the first, so that a second rule would let the host choose the contract.
 */
export function contractPinProblem(policy: PolicyModel, digest: Sha256Hex): string | null {
  if (policy.form === 'unknown') return `the policy is in a form that is not understood: ${policy.problem}`;
  if (policy.points.get('create_container')?.kind !== 'framework')
    return 'the policy answers create_container without asking its rules, so that none of them counts';
  const pattern = patternProblem(policy);
  if (pattern !== null) return pattern;
  const [pin, second] = rulesOf(policy).filter(
    (rule) => rule.strategy === 'string' && rule.pattern.startsWith(PREFIX),
  );
  if (pin === undefined) return 'the policy pins no contract';
  if (second !== undefined) return `more than one rule of the policy names ${CONTRACT_DIGEST_VARIABLE}`;
  if (pin.pattern !== `${PREFIX}${digest}`) return `the policy pins another contract (${pin.pattern})`;
  return pin.required
    ? null
    : 'the policy does not require the digest of the contract: the host may leave it out';
}

function rulesOf({ containers, externalProcesses }: KnownPolicy): readonly EnvironmentRule[] {
  return [...containers, ...externalProcesses].flatMap(({ env_rules }) => env_rules);
}

/* A verifier asks about one policy again and again; its patterns are searched once. */
const searched = new WeakMap<KnownPolicy, string | null>();

function patternProblem(policy: KnownPolicy): string | null {
  const known = searched.get(policy);
  if (known !== undefined) return known;
  const patterns = rulesOf(policy).flatMap((rule) => (rule.strategy === 're2' ? [rule.pattern] : []));
  const problems = [...new Set(patterns)].map(problemOf).filter((problem) => problem !== null);
  const problem = problems[0] ?? null;
  searched.set(policy, problem);
  return problem;
}

function problemOf(pattern: string): string | null {
  const readings = new Map(GUESTS.map((guest) => [asGuestReads(pattern, guest), guest]));
  for (const guest of readings.values()) {
    const answer = takesPrefix(pattern, PREFIX, guest);
    if (answer.taken === 'yes')
      return `the host may choose the contract: the pattern ${pattern} takes ${answer.example}`;
    if (answer.taken === 'undecided')
      return `the host may choose the contract: the pattern ${pattern.slice(0, 80)}… is too large to be decided`;
  }
  return null;
}
