// One answer of a guest's enforcer, ours or theirs, in one form.

import { parsePolicy } from '../../src/lib/cce-policy/read/policy-model.js';
import { createEnforcer } from '../../src/lib/emulator/guest/enforcer.js';
import type { EnforcerOptions, PolicyEnforcer } from '../../src/lib/emulator/guest/policy-enforcer.js';
import type { ContainerPermission, Denial } from '../../src/lib/emulator/guest/requests.js';
import type { Call, GuestSession } from './guest-sessions.js';

/** Nothing that is empty or false but `allowed`; lists sorted. */
export interface GuestAnswer {
  readonly allowed: boolean;
  readonly reasons?: readonly string[];
  readonly environment?: readonly string[];
  readonly stdio?: boolean;
  readonly capabilities?: object;
}

/** What our guest answers to a session, in order. */
export function ourAnswers(
  { policy, calls }: GuestSession,
  options: EnforcerOptions = {},
): readonly GuestAnswer[] {
  const guest = createEnforcer(parsePolicy(policy), options);
  return calls.map((call) => answerOf(ask(guest, call)));
}

function ask(guest: PolicyEnforcer, { method, args }: Call): ContainerPermission | Denial {
  const question = guest[method] as (...values: readonly unknown[]) => ContainerPermission | Denial;
  return question.apply(guest, [...args]);
}

function answerOf(answer: ContainerPermission | Denial): GuestAnswer {
  if (!answer.allowed) return { allowed: false, reasons: reasonsOf(answer) };
  const { environment = [], stdioAllowed = false, capabilities } = answer as Partial<ContainerPermission>;
  return {
    allowed: true,
    ...(environment.length === 0 ? {} : { environment: [...new Set(environment)].toSorted() }),
    ...(stdioAllowed ? { stdio: true } : {}),
    ...(capabilities === undefined ? {} : { capabilities: sortedSets(capabilities) }),
  };
}

/* The names of missing variables are ours alone. */
function reasonsOf({ reason }: Denial): readonly string[] {
  const reasons = reason.split('; ').map((text) => text.replace(/^(missing required [^:]*):.*/, '$1'));
  return reasons.toSorted();
}

function sortedSets(capabilities: ContainerPermission['capabilities']): object {
  return Object.fromEntries(
    Object.entries(capabilities)
      .map(([name, set]) => [name, [...set].toSorted()] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Why both deny in other words; null where they should not. */
export function wordingByDesign(
  { reasons: ours = [] }: GuestAnswer,
  { reasons: theirs = [] }: GuestAnswer,
): string | null {
  if (theirs.every((reason) => reason.startsWith('framework_version is ')))
    return 'denied without a reason there';
  if (theirs.some((reason) => reason.includes('rego compilation failed')))
    return 'denied by both, in the words of its compiler there';
  if (ours.some((reason) => / is denied by the policy$/.test(reason)))
    return 'denied by the policy itself, where the guest lists what its framework would have said';
  const known = theirs.filter((reason) => !SAID_OF_EVERY_EXEC.includes(reason));
  const others = ours.filter((reason) => !SAID_OF_EVERY_EXEC.includes(reason));
  return known.length < theirs.length && JSON.stringify(known) === JSON.stringify(others)
    ? 'denied by both, user and noNewPrivileges blamed there too (for every exec: the guest looks for a member that no exec rule has)'
    : null;
}

const SAID_OF_EVERY_EXEC: readonly string[] = ['invalid noNewPrivileges', 'invalid user'];
