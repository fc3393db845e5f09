// How one rule meets one request (hcsshim framework.rego): patterns, variables, identities, mounts.

import type {
  EnvironmentParts,
  EnvironmentRule,
  EnvironmentStrategy,
  IdNameRule,
  MountRule,
  SignalRule,
  UserRule,
} from '../../cce-policy/policy-document.js';
import {
  defaultMounts,
  HUGE_PAGES_PREFIX,
  hugePagesDirectory,
  PLAN9_PREFIX,
  PRIVILEGED_MOUNTS,
  SANDBOX_PREFIX,
  SANDBOX_SYSFS_MOUNT,
  sandboxMountsDirectory,
} from './guest.js';
import type { PatternMatcher } from '../../cce-policy/pattern/pattern-matcher.js';
import type { ContainerRequest, Identity, ProcessIdentity } from './requests.js';

export function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** Whether a command may be run; a container without one never starts. */
export function commandAllowed(rule: readonly string[] | null, command: readonly string[]): boolean {
  return rule !== null && sameList(rule, command);
}

export function variableAllowed(matcher: PatternMatcher, rule: EnvironmentRule, variable: string): boolean {
  if (rule.parts !== undefined) return partsAllow(matcher, rule.parts, variable);
  return textAllowed(matcher, rule.pattern, rule.strategy, variable);
}

/* The name ends at the first `=`; a name in a rule that has one itself is met by no variable. */
function partsAllow(matcher: PatternMatcher, parts: EnvironmentParts, variable: string): boolean {
  const end = variable.indexOf('=');
  if (end === -1) return false;
  return (
    textAllowed(matcher, parts.name, parts.nameStrategy, variable.slice(0, end)) &&
    textAllowed(matcher, parts.value, parts.valueStrategy, variable.slice(end + 1))
  );
}

function textAllowed(
  matcher: PatternMatcher,
  pattern: string,
  strategy: EnvironmentStrategy,
  text: string,
): boolean {
  return strategy === 'string' ? pattern === text : matcher.matches(pattern, text);
}

/** Every required rule is met, and every variable is covered by a rule. */
export function environmentAllowed(
  matcher: PatternMatcher,
  rules: readonly EnvironmentRule[],
  environment: readonly string[],
): boolean {
  const requiredAreMet = rules.every(
    (rule) => !rule.required || environment.some((variable) => variableAllowed(matcher, rule, variable)),
  );
  return (
    requiredAreMet &&
    environment.every((variable) => rules.some((rule) => variableAllowed(matcher, rule, variable)))
  );
}

export function userAllowed(matcher: PatternMatcher, rule: UserRule, identity: ProcessIdentity): boolean {
  return (
    rule.umask === identity.umask &&
    identityAllowed(matcher, rule.user_idname, identity.user) &&
    identity.groups.every((group) =>
      rule.group_idnames.some((groupRule) => identityAllowed(matcher, groupRule, group)),
    )
  );
}

function identityAllowed(matcher: PatternMatcher, rule: IdNameRule, identity: Identity): boolean {
  switch (rule.strategy) {
    case 'any':
      return true;
    case 'id':
      return rule.pattern === identity.id;
    case 'name':
      return rule.pattern === identity.name;
    case 're2':
      return matcher.matches(rule.pattern, identity.name);
  }
}

export function signalAllowed(rules: readonly SignalRule[], signal: number): boolean {
  return rules.includes(signal);
}

/** What mounts are judged by, besides the rules. */
export interface MountContext {
  readonly matcher: PatternMatcher;
  readonly request: ContainerRequest;
  /** Container that each mounted plan9 target belongs to. */
  readonly plan9Mounts: ReadonlyMap<string, string>;
}

export function mountAllowed(
  context: MountContext,
  rules: readonly MountRule[],
  allowElevated: boolean,
  mount: MountRule,
): boolean {
  const { sandboxId, isSandboxContainer } = context.request;
  const applicable = [
    ...rules,
    ...defaultMounts(sandboxId),
    ...(allowElevated ? PRIVILEGED_MOUNTS : []),
    ...(isSandboxContainer ? [SANDBOX_SYSFS_MOUNT] : []),
  ];
  return applicable.some((rule) => mountMeetsRule(context, rule, mount));
}

function mountMeetsRule(context: MountContext, rule: MountRule, mount: MountRule): boolean {
  return (
    mount.type === rule.type &&
    sourceAllowed(context, rule.source, mount.source) &&
    mount.destination !== '' &&
    mount.destination === rule.destination &&
    mount.options.length === rule.options.length &&
    mount.options.every((option) => rule.options.includes(option)) &&
    rule.options.every((option) => mount.options.includes(option))
  );
}

function sourceAllowed(
  { matcher, request, plan9Mounts }: MountContext,
  rule: string,
  source: string,
): boolean {
  if (rule === source) return true;
  if (rule.startsWith(SANDBOX_PREFIX)) {
    return matcher.matches(
      rule.replaceAll(SANDBOX_PREFIX, sandboxMountsDirectory(request.sandboxId)),
      source,
    );
  }
  if (rule.startsWith(HUGE_PAGES_PREFIX)) {
    return matcher.matches(rule.replaceAll(HUGE_PAGES_PREFIX, hugePagesDirectory(request.sandboxId)), source);
  }
  return rule.startsWith(PLAN9_PREFIX) && plan9Mounts.get(source) === request.containerId;
}
