// Admission of processes: the candidates are narrowed step by step, and what is left after the last step is what the
// container may still be (hcsshim framework.rego, create_container, exec_in_container, exec_external).

import type { Capabilities, ContainerRule, ExternalProcess } from '../../cce-policy/policy-document.js';
import { allowedCapabilities, capabilitiesAllowed, keptCapabilities, keptEnvironment } from './dropping.js';
import {
  type AdmissionContext,
  differInStdio,
  execConditions,
  meets,
  startConditions,
} from './process-reasons.js';
import type {
  ContainerPermission,
  ContainerRequest,
  ExternalRequest,
  ProcessPermission,
  ProcessRequest,
} from './requests.js';
import { commandAllowed, environmentAllowed, type MountContext } from './rule-matching.js';

export interface Admission {
  readonly permission: ContainerPermission;
  /** What the container may still be. */
  readonly remaining: readonly ContainerRule[];
}

/** Decides on the start of a container's first process. Null where it is denied: startReasons says why. */
export function admitContainer(
  matches: readonly ContainerRule[],
  request: ContainerRequest,
  context: AdmissionContext & Pick<MountContext, 'plan9Mounts'>,
): Admission | null {
  if (request.devices.length > 0) return null;
  const { alike, seccomp } = startConditions(request, { ...context, request });
  const possible = matches.filter((container) => meets(container, [...alike, ...seccomp]));
  const outcome = admitProcess(possible, request, request.privileged, context);
  if (outcome === null || differInStdio(outcome.remaining)) return null;
  const [first] = outcome.remaining;
  return {
    ...outcome,
    permission: { ...outcome.permission, stdioAllowed: first?.allow_stdio_access ?? false },
  };
}

/** Decides on a further process inside a running container. Null where it is denied: execReasons says why. */
export function admitExec(
  matches: readonly ContainerRule[],
  request: ProcessRequest,
  context: AdmissionContext & { readonly privileged: boolean },
): Admission | null {
  const conditions = execConditions(request, context.matcher);
  const possible = matches.filter((container) => meets(container, conditions));
  return admitProcess(possible, request, context.privileged, context);
}

/** Decides on a process outside any container. Null where it is denied: externalReasons says why. */
export function admitExternal(
  processes: readonly ExternalProcess[],
  request: ExternalRequest,
  { matcher, droppingAllowed }: AdmissionContext,
): ProcessPermission | null {
  const possible = processes.filter(
    (process) =>
      process.working_dir === request.workingDir && commandAllowed(process.command, request.command),
  );
  const environment = droppingAllowed.environment
    ? keptEnvironment(matcher, possible, request.environment)
    : request.environment;
  if (environment === null) return null;
  const remaining = possible.filter((process) => environmentAllowed(matcher, process.env_rules, environment));
  const [first] = remaining;
  if (first === undefined || differInStdio(remaining)) return null;
  return { allowed: true, environment, stdioAllowed: first.allow_stdio_access };
}

function admitProcess(
  possible: readonly ContainerRule[],
  request: ProcessRequest,
  privileged: boolean,
  { matcher, droppingAllowed }: AdmissionContext,
): Admission | null {
  const environment = droppingAllowed.environment
    ? keptEnvironment(matcher, possible, request.environment)
    : request.environment;
  if (environment === null) return null;
  const byEnvironment = possible.filter((container) =>
    environmentAllowed(matcher, container.env_rules, environment),
  );
  const capabilities = droppingAllowed.capabilities
    ? keptCapabilities(byEnvironment, privileged, request.capabilities)
    : request.capabilities;
  if (capabilities === null) return null;
  const remaining = byEnvironment.filter((container) => hasCapabilities(container, privileged, capabilities));
  if (remaining.length === 0) return null;
  return { permission: { allowed: true, environment, capabilities, stdioAllowed: false }, remaining };
}

function hasCapabilities(container: ContainerRule, privileged: boolean, kept: Capabilities): boolean {
  return capabilitiesAllowed(allowedCapabilities(container, privileged), kept);
}
