// Admission of processes: the candidates are narrowed step by step, and what is left after the last step is what the
// container may still be (hcsshim framework.rego, create_container, exec_in_container, exec_external).

import type {
  Capabilities,
  ContainerRule,
  EnvironmentRule,
  ExternalProcess,
} from '../../cce-policy/policy-document.js';
import { allowedCapabilities, capabilitiesAllowed, keptCapabilities, keptEnvironment } from './dropping.js';
import {
  type ContainerPermission,
  type ContainerRequest,
  type Denial,
  deny,
  type ExternalRequest,
  type ProcessPermission,
  type ProcessRequest,
} from './requests.js';
import {
  commandAllowed,
  environmentAllowed,
  mountAllowed,
  type MountContext,
  userAllowed,
  variableAllowed,
} from './rule-matching.js';
import type { PatternMatcher } from '../../cce-policy/pattern/pattern-matcher.js';

export interface AdmissionContext {
  readonly matcher: PatternMatcher;
  readonly droppingAllowed: { readonly environment: boolean; readonly capabilities: boolean };
}

export type Admission =
  | {
      readonly allowed: true;
      readonly permission: ContainerPermission;
      readonly remaining: readonly ContainerRule[];
    }
  | Denial;

/** One condition on a candidate, with what the guest says where no candidate meets it. */
interface Condition {
  readonly reason: string;
  readonly holds: (container: ContainerRule) => boolean;
}

/** Decides on the start of a container's first process. */
export function admitContainer(
  matches: readonly ContainerRule[],
  request: ContainerRequest,
  context: AdmissionContext & Pick<MountContext, 'plan9Mounts'>,
): Admission {
  if (request.devices.length > 0) return deny('devices not supported');
  const mounts: MountContext = { matcher: context.matcher, request, plan9Mounts: context.plan9Mounts };
  const conditions: readonly Condition[] = [
    ...identityConditions(request, context.matcher),
    {
      reason: 'privileged escalation not allowed',
      holds: (container) => !request.privileged || container.allow_elevated,
    },
    { reason: 'invalid command', holds: (container) => commandAllowed(container.command, request.command) },
    {
      reason: `invalid mount list: ${badMounts(matches, mounts).join(',')}`,
      holds: (container) =>
        request.mounts.every((mount) =>
          mountAllowed(mounts, container.mounts, container.allow_elevated, mount),
        ),
    },
    {
      reason: 'invalid seccomp',
      holds: (container) => container.seccomp_profile_sha256 === request.seccompProfileSha256,
    },
  ];
  const outcome = admitProcess(matches, conditions, request, request.privileged, context);
  if (!outcome.allowed) return outcome;
  const [first] = outcome.remaining;
  if (outcome.remaining.some((container) => container.allow_stdio_access !== first?.allow_stdio_access)) {
    return deny('containers only distinguishable by allow_stdio_access');
  }
  return {
    ...outcome,
    permission: { ...outcome.permission, stdioAllowed: first?.allow_stdio_access ?? false },
  };
}

/** Decides on a further process inside a running container. */
export function admitExec(
  matches: readonly ContainerRule[],
  request: ProcessRequest,
  context: AdmissionContext & { readonly privileged: boolean },
): Admission {
  const conditions: readonly Condition[] = [
    ...identityConditions(request, context.matcher),
    {
      reason: 'invalid command',
      holds: (container) =>
        container.exec_processes.some((process) => commandAllowed(process.command, request.command)),
    },
  ];
  return admitProcess(matches, conditions, request, context.privileged, context);
}

/** Decides on a process outside any container. */
export function admitExternal(
  processes: readonly ExternalProcess[],
  request: ExternalRequest,
  { matcher, droppingAllowed }: AdmissionContext,
): ProcessPermission | Denial {
  const possible = processes.filter(
    (process) =>
      process.working_dir === request.workingDir && commandAllowed(process.command, request.command),
  );
  if (possible.length === 0) return deny('invalid command');
  const environment = droppingAllowed.environment
    ? keptEnvironment(matcher, possible, request.environment)
    : request.environment;
  const remaining =
    environment === null
      ? []
      : possible.filter((process) => environmentAllowed(matcher, process.env_rules, environment));
  const [first] = remaining;
  if (environment === null || first === undefined) {
    return deny(environmentReason(matcher, possible, request.environment));
  }
  if (remaining.some((process) => process.allow_stdio_access !== first.allow_stdio_access)) {
    return deny('external processes only distinguishable by allow_stdio_access');
  }
  return { allowed: true, environment, stdioAllowed: first.allow_stdio_access };
}

function identityConditions(request: ProcessRequest, matcher: PatternMatcher): readonly Condition[] {
  return [
    {
      reason: 'invalid noNewPrivileges',
      holds: (container) => !container.no_new_privileges || request.noNewPrivileges,
    },
    { reason: 'invalid user', holds: (container) => userAllowed(matcher, container.user, request) },
    {
      reason: 'invalid working directory',
      holds: (container) => container.working_dir === request.workingDir,
    },
  ];
}

function admitProcess(
  matches: readonly ContainerRule[],
  conditions: readonly Condition[],
  request: ProcessRequest,
  privileged: boolean,
  { matcher, droppingAllowed }: AdmissionContext,
): Admission {
  const possible = matches.filter((container) => conditions.every(({ holds }) => holds(container)));
  if (possible.length === 0) return deny(...conditionReasons(matches, conditions));

  const environment = droppingAllowed.environment
    ? keptEnvironment(matcher, possible, request.environment)
    : request.environment;
  const byEnvironment =
    environment === null
      ? []
      : possible.filter((container) => environmentAllowed(matcher, container.env_rules, environment));
  if (environment === null || byEnvironment.length === 0) {
    return deny(environmentReason(matcher, possible, request.environment));
  }

  const capabilities = droppingAllowed.capabilities
    ? keptCapabilities(byEnvironment, privileged, request.capabilities)
    : request.capabilities;
  if (capabilities === null) return deny('containers only distinguishable by capabilties');
  const remaining = byEnvironment.filter((container) => hasCapabilities(container, privileged, capabilities));
  if (remaining.length === 0) return deny("capabilities don't match");
  return {
    allowed: true,
    permission: { allowed: true, environment, capabilities, stdioAllowed: false },
    remaining,
  };
}

function hasCapabilities(container: ContainerRule, privileged: boolean, kept: Capabilities): boolean {
  return capabilitiesAllowed(allowedCapabilities(container, privileged), kept);
}

/* Conditions that no candidate meets; where each is met by some and all by none, that is the reason. */
function conditionReasons(
  matches: readonly ContainerRule[],
  conditions: readonly Condition[],
): readonly string[] {
  if (matches.length === 0) return ['no overlay is mounted for this container'];
  const unmet = conditions.filter(({ holds }) => !matches.some(holds)).map(({ reason }) => reason);
  return unmet.length > 0 ? unmet : ['no single container of the policy meets every condition'];
}

function badMounts(matches: readonly ContainerRule[], context: MountContext): readonly string[] {
  return context.request.mounts
    .filter(
      (mount) =>
        !matches.some((container) =>
          mountAllowed(context, container.mounts, container.allow_elevated, mount),
        ),
    )
    .map((mount) => mount.destination);
}

/* Names only: values of variables are not for messages. */
function environmentReason(
  matcher: PatternMatcher,
  candidates: readonly { readonly env_rules: readonly EnvironmentRule[] }[],
  environment: readonly string[],
): string {
  const rules = candidates.flatMap(({ env_rules }) => env_rules);
  const missing = rules.filter(
    (rule) => rule.required && !environment.some((variable) => variableAllowed(matcher, rule, variable)),
  );
  if (missing.length > 0) {
    const names = [...new Set(missing.map((rule) => nameOf(rule.pattern)))];
    return `missing required environment variable: ${names.join(',')}`;
  }
  const bad = environment.filter(
    (variable) => !rules.some((rule) => variableAllowed(matcher, rule, variable)),
  );
  return `invalid env list: ${bad.map(nameOf).join(',')}`;
}

function nameOf(variable: string): string {
  return variable.split('=')[0] ?? '';
}
