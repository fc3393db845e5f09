// Why a guest denies a process: every sentence of hcsshim's framework that is true of the request (framework.rego, `errors`), not
// only the first. Names of missing variables are added; values are not for messages.

import type { ContainerRule, EnvironmentRule, ExternalProcess } from '../../cce-policy/policy-document.js';
import type { PatternMatcher } from '../../cce-policy/pattern/pattern-matcher.js';
import { allowedCapabilities, capabilitiesAllowed, keptCapabilities, keptEnvironment } from './dropping.js';
import type { ContainerRequest, ExternalRequest, ProcessRequest } from './requests.js';
import {
  commandAllowed,
  environmentAllowed,
  mountAllowed,
  type MountContext,
  userAllowed,
  variableAllowed,
} from './rule-matching.js';

/** How rules are read, and what a policy lets the guest take away. */
export interface AdmissionContext {
  readonly matcher: PatternMatcher;
  readonly droppingAllowed: { readonly environment: boolean; readonly capabilities: boolean };
}

/** A condition on a candidate, with what the guest says where no candidate meets it. */
type Condition = readonly [reason: string, holds: (container: ContainerRule) => boolean];

/** Conditions of a first process. That on its seccomp profile stands apart: the guest leaves it out of some of its sentences. */
export function startConditions(
  request: ContainerRequest,
  mounts: MountContext,
): Readonly<Record<'alike' | 'seccomp', readonly Condition[]>> {
  return {
    alike: [
      ...identityConditions(request, mounts.matcher),
      ['privileged escalation not allowed', (container) => !request.privileged || container.allow_elevated],
      ['invalid command', (container) => commandAllowed(container.command, request.command)],
      // Which mount is to blame has a sentence of its own.
      ['', (container) => request.mounts.every((mount) => isMountOf(mounts, container, mount))],
    ],
    seccomp: [
      ['invalid seccomp', (container) => container.seccomp_profile_sha256 === request.seccompProfileSha256],
    ],
  };
}

/** Conditions of a further process of a container. */
export function execConditions(request: ProcessRequest, matcher: PatternMatcher): readonly Condition[] {
  return [
    ...identityConditions(request, matcher),
    [
      'invalid command',
      ({ exec_processes: processes }) =>
        processes.some(({ command }) => commandAllowed(command, request.command)),
    ],
  ];
}

function identityConditions(request: ProcessRequest, matcher: PatternMatcher): readonly Condition[] {
  return [
    ['invalid noNewPrivileges', (container) => !container.no_new_privileges || request.noNewPrivileges],
    ['invalid user', (container) => userAllowed(matcher, container.user, request)],
    ['invalid working directory', (container) => container.working_dir === request.workingDir],
  ];
}

/** Whether a candidate meets every condition. */
export function meets(container: ContainerRule, conditions: readonly Condition[]): boolean {
  return conditions.every(([, holds]) => holds(container));
}

/**
 * @param matches - what the container may still be; null where no overlay was mounted for it.
 * @param started - whether a container of that id runs.
 */
export function startReasons(
  matches: readonly ContainerRule[] | null,
  request: ContainerRequest,
  context: AdmissionContext & Pick<MountContext, 'plan9Mounts'> & { readonly started: boolean },
): readonly string[] {
  const candidates = matches ?? [];
  const mounts: MountContext = { ...context, request };
  const conditions = startConditions(request, mounts);
  const badMounts = request.mounts.filter(
    (mount) => !candidates.some((container) => isMountOf(mounts, container, mount)),
  );
  const alike = candidates.filter((container) => meets(container, conditions.alike));
  const whole = alike.filter((container) => meets(container, conditions.seccomp));
  return [
    ...said(context.started, 'container already started'),
    ...unmet(candidates, [...conditions.alike, ...conditions.seccomp]),
    ...said(request.devices.length > 0, 'devices not supported'),
    ...said(badMounts.length > 0, `invalid mount list: ${badMounts.map(destinationOf).join(',')}`),
    ...uncovered(candidates, request.environment, context.matcher),
    ...said(
      matches !== null && alike.length === candidates.length && noneTakesAll(alike, request, context),
      'invalid env list',
    ),
    ...(context.started
      ? []
      : [
          ...missing(alike, request.environment, context.matcher),
          ...undecided(alike, whole, request, context),
        ]),
  ];
}

/** Why a further process of a container is denied; `privileged` is null where the container does not run. */
export function execReasons(
  candidates: readonly ContainerRule[],
  request: ProcessRequest,
  context: AdmissionContext & { readonly privileged: boolean | null },
): readonly string[] {
  const { matcher, privileged } = context;
  const conditions = execConditions(request, matcher);
  const possible = candidates.filter((container) => meets(container, conditions));
  return [
    ...said(privileged === null, 'container not started'),
    ...unmet(candidates, conditions),
    ...uncovered(candidates, request.environment, matcher),
    ...(privileged === null
      ? []
      : [
          ...missing(possible, request.environment, matcher),
          ...said(noCapabilities(possible, request, privileged, context), "capabilities don't match"),
        ]),
  ];
}

/** Why a process outside any container is denied. */
export function externalReasons(
  processes: readonly ExternalProcess[],
  request: ExternalRequest,
  { matcher, droppingAllowed }: AdmissionContext,
): readonly string[] {
  const possible = processes.filter(
    (process) =>
      process.working_dir === request.workingDir && commandAllowed(process.command, request.command),
  );
  const kept = keptBy(possible, request.environment, matcher, droppingAllowed.environment);
  const left = possible.filter(
    (process) => kept !== null && environmentAllowed(matcher, process.env_rules, kept),
  );
  return [
    ...said(!processes.some(({ command }) => commandAllowed(command, request.command)), 'invalid command'),
    ...said(
      !processes.some(({ working_dir }) => working_dir === request.workingDir),
      'invalid working directory',
    ),
    ...uncovered(processes, request.environment, matcher),
    ...missing(possible, request.environment, matcher),
    ...said(differInStdio(left), 'external processes only distinguishable by allow_stdio_access'),
  ];
}

/** Whether candidates that are left differ in what no request can tell apart. */
export function differInStdio(candidates: readonly { readonly allow_stdio_access: boolean }[]): boolean {
  return candidates.some(({ allow_stdio_access: stdio }) => stdio !== candidates[0]?.allow_stdio_access);
}

/* What the guest says of capabilities and stdio, each sentence with the candidates that it looks at. */
function undecided(
  alike: readonly ContainerRule[],
  whole: readonly ContainerRule[],
  request: ContainerRequest,
  context: AdmissionContext,
): readonly string[] {
  const { privileged } = request;
  const { droppingAllowed } = context;
  const byEnvironment = byKeptEnvironment(alike, request, context);
  const kept = keptSets(byKeptEnvironment(whole, request, context), privileged, request, context);
  return [
    ...said(noCapabilities(whole, request, privileged, context), "capabilities don't match"),
    ...said(
      droppingAllowed.capabilities &&
        byEnvironment.length > 0 &&
        keptCapabilities(byEnvironment, privileged, request.capabilities) === null,
      'containers only distinguishable by capabilties',
    ),
    ...said(differInStdio(kept ?? []), 'containers only distinguishable by allow_stdio_access'),
  ];
}

function noCapabilities(
  possible: readonly ContainerRule[],
  request: ProcessRequest,
  privileged: boolean,
  context: AdmissionContext,
): boolean {
  const candidates = byKeptEnvironment(possible, request, context);
  return candidates.length > 0 && keptSets(candidates, privileged, request, context)?.length === 0;
}

/* Candidates that allow what is kept; null where the guest cannot decide what that is. */
function keptSets(
  candidates: readonly ContainerRule[],
  privileged: boolean,
  request: ProcessRequest,
  { droppingAllowed }: AdmissionContext,
): readonly ContainerRule[] | null {
  if (candidates.length === 0) return [];
  const kept = droppingAllowed.capabilities
    ? keptCapabilities(candidates, privileged, request.capabilities)
    : request.capabilities;
  if (kept === null) return null;
  return candidates.filter((container) =>
    capabilitiesAllowed(allowedCapabilities(container, privileged), kept),
  );
}

function byKeptEnvironment(
  candidates: readonly ContainerRule[],
  { environment }: ProcessRequest,
  { matcher, droppingAllowed }: AdmissionContext,
): readonly ContainerRule[] {
  const kept = keptBy(candidates, environment, matcher, droppingAllowed.environment);
  if (kept === null) return [];
  return candidates.filter(({ env_rules }) => environmentAllowed(matcher, env_rules, kept));
}

function keptBy(
  candidates: readonly { readonly env_rules: readonly EnvironmentRule[] }[],
  environment: readonly string[],
  matcher: PatternMatcher,
  dropping: AdmissionContext['droppingAllowed']['environment'],
): readonly string[] | null {
  return dropping ? keptEnvironment(matcher, candidates, environment) : environment;
}

function noneTakesAll(
  candidates: readonly ContainerRule[],
  { environment }: ContainerRequest,
  { matcher }: AdmissionContext,
): boolean {
  return candidates.every(({ env_rules }) =>
    environment.some((variable) => !env_rules.some((rule) => variableAllowed(matcher, rule, variable))),
  );
}

function unmet(candidates: readonly ContainerRule[], conditions: readonly Condition[]): readonly string[] {
  return conditions.flatMap(([reason, holds]) => said(reason !== '' && !candidates.some(holds), reason));
}

function uncovered(
  candidates: readonly { readonly env_rules: readonly EnvironmentRule[] }[],
  environment: readonly string[],
  matcher: PatternMatcher,
): readonly string[] {
  const rules = candidates.flatMap(({ env_rules }) => env_rules);
  const bad = environment.filter((value) => !rules.some((rule) => variableAllowed(matcher, rule, value)));
  return said(bad.length > 0, `invalid env list: ${bad.map(nameOf).join(',')}`);
}

function missing(
  candidates: readonly { readonly env_rules: readonly EnvironmentRule[] }[],
  environment: readonly string[],
  matcher: PatternMatcher,
): readonly string[] {
  const rules = candidates
    .flatMap(({ env_rules }) => env_rules)
    .filter((rule) => rule.required && !environment.some((value) => variableAllowed(matcher, rule, value)));
  const names = [...new Set(rules.map(({ pattern }) => nameOf(pattern)))];
  return said(names.length > 0, `missing required environment variable: ${names.join(',')}`);
}

function isMountOf(
  context: MountContext,
  container: ContainerRule,
  mount: ContainerRequest['mounts'][number],
): boolean {
  return mountAllowed(context, container.mounts, container.allow_elevated, mount);
}

function destinationOf({ destination }: ContainerRequest['mounts'][number]): string {
  return destination;
}

function said(isSo: boolean, reason: string): readonly string[] {
  return isSo ? [reason] : [];
}

function nameOf(variable: string): string {
  return variable.split('=')[0] ?? '';
}
