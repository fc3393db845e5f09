// Dropping: variables and capabilities that no candidate allows are taken away rather than refused, where the policy says so
// and the candidates agree on what is left (hcsshim framework.rego, valid_envs_for_all and valid_caps_for_all).

import {
  type Capabilities,
  CAPABILITY_SETS,
  type CapabilitySet,
  type ContainerRule,
  type EnvironmentRule,
} from '../../cce-policy/policy-document.js';
import {
  PRIVILEGED_CAPABILITIES,
  UNPRIVILEGED_CAPABILITIES,
  unprivilegedSets,
} from '../../cce-policy/text/defaults.js';
import type { PatternMatcher } from '../../cce-policy/pattern/pattern-matcher.js';
import { variableAllowed } from './rule-matching.js';

/**
 * The variables that are kept: the largest set that any candidate allows. Null where two candidates allow sets of that size
 * that differ, which the guest cannot decide.
 */
export function keptEnvironment(
  matcher: PatternMatcher,
  candidates: readonly { readonly env_rules: readonly EnvironmentRule[] }[],
  environment: readonly string[],
): readonly string[] | null {
  const distinct = [...new Set(environment)];
  const allowed = candidates.map(({ env_rules }) =>
    distinct.filter((variable) => env_rules.some((rule) => variableAllowed(matcher, rule, variable))),
  );
  return agreedLargest(allowed, (set) => set.length, sameMembers);
}

/** The capabilities that are kept, as keptEnvironment. */
export function keptCapabilities(
  candidates: readonly ContainerRule[],
  privileged: boolean,
  requested: Capabilities,
): Capabilities | null {
  const allowed = candidates.map((container) =>
    intersect(requested, allowedCapabilities(container, privileged)),
  );
  const size = (sets: Capabilities): number =>
    CAPABILITY_SETS.reduce((sum, set) => sum + sets[set].length, 0);
  const agree = (a: Capabilities, b: Capabilities): boolean =>
    CAPABILITY_SETS.every((set) => sameMembers(a[set], b[set]));
  return agreedLargest(allowed, size, agree);
}

function agreedLargest<T>(
  sets: readonly T[],
  size: (set: T) => number,
  agree: (a: T, b: T) => boolean,
): T | null {
  const largest = Math.max(...sets.map(size));
  const [first, ...others] = sets.filter((set) => size(set) === largest);
  if (first === undefined) return null;
  return others.every((other) => agree(first, other)) ? first : null;
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.every((item) => b.includes(item)) && b.every((item) => a.includes(item));
}

function intersect(requested: Capabilities, allowed: Capabilities): Capabilities {
  const sets = CAPABILITY_SETS.map((set): [CapabilitySet, readonly string[]] => [
    set,
    [...new Set(requested[set])].filter((name) => allowed[set].includes(name)),
  ]);
  return Object.fromEntries(sets) as Record<CapabilitySet, readonly string[]>;
}

/** The capabilities a container may have; the guest's defaults where an old policy says nothing. */
export function allowedCapabilities(container: ContainerRule, privileged: boolean): Capabilities {
  if (container.capabilities !== null) return container.capabilities;
  return privileged && container.allow_elevated
    ? { ...unprivilegedSets(PRIVILEGED_CAPABILITIES), inheritable: PRIVILEGED_CAPABILITIES }
    : unprivilegedSets(UNPRIVILEGED_CAPABILITIES);
}

/** Whether the sets are the allowed ones exactly: neither more nor fewer. */
export function capabilitiesAllowed(allowed: Capabilities, kept: Capabilities): boolean {
  return CAPABILITY_SETS.every(
    (set) => allowed[set].length === kept[set].length && sameMembers(allowed[set], kept[set]),
  );
}
