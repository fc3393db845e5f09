// What an honest host asks of a guest, step by step, for tests of the enforcer.

import type { PolicyEnforcer } from '../../src/lib/emulator/guest/policy-enforcer.js';
import {
  type ContainerRequest,
  type ContainerPermission,
  type Decision,
  type Denial,
  ORDINARY_IDENTITY,
} from '../../src/lib/emulator/guest/requests.js';
import type { ContainerRule } from '../../src/lib/cce-policy/policy-document.js';

export const SANDBOX_ID = 'a'.repeat(64);
export const CONTAINER_ID = 'b'.repeat(64);

/** Mounts every layer of the rule and the overlay over them; the first refusal, or the overlay's answer. */
export function mountLayers(
  enforcer: PolicyEnforcer,
  layers: readonly string[],
  containerId = CONTAINER_ID,
  firstDevice = 0,
): Decision {
  const targets = layers.map((_, index) => `/run/mounts/scsi/m${firstDevice + index}`);
  for (const [index, deviceHash] of layers.entries()) {
    const decision = enforcer.mountDevice({ target: targets[index]!, deviceHash });
    if (!decision.allowed) return decision;
  }
  return enforcer.mountOverlay({
    containerId,
    layerPaths: targets.toReversed(),
    target: `/run/gcs/c/${containerId}/rootfs`,
  });
}

/** The request that meets a rule: its command, its exact variables, its directory. */
export function honestRequest(
  rule: ContainerRule,
  changes: Partial<ContainerRequest> = {},
): ContainerRequest {
  return {
    ...ORDINARY_IDENTITY,
    ...identityOf(rule),
    capabilities: rule.capabilities ?? ORDINARY_IDENTITY.capabilities,
    noNewPrivileges: rule.no_new_privileges,
    containerId: CONTAINER_ID,
    sandboxId: SANDBOX_ID,
    isSandboxContainer: false,
    command: rule.command ?? [],
    environment: rule.env_rules.filter(({ strategy }) => strategy === 'string').map(({ pattern }) => pattern),
    workingDir: rule.working_dir,
    mounts: [],
    privileged: rule.allow_elevated,
    seccompProfileSha256: rule.seccomp_profile_sha256,
    devices: [],
    ...changes,
  };
}

/* Of a rule that names ids; any other lets root in, or is met by a test of its own. */
function identityOf({ user }: ContainerRule): Partial<ContainerRequest> {
  const { user_idname, group_idnames } = user;
  if (user_idname.strategy !== 'id') return {};
  const named = ({ pattern }: { readonly pattern: string }) => ({ id: pattern, name: '' });
  return {
    user: named(user_idname),
    ...(group_idnames[0]?.strategy === 'id' ? { groups: group_idnames.map(named) } : {}),
  };
}

/** Mounts the layers of a rule and starts its container. */
export function startContainer(
  enforcer: PolicyEnforcer,
  rule: ContainerRule,
  changes: Partial<ContainerRequest> = {},
): ContainerPermission | Denial {
  const mounted = mountLayers(enforcer, rule.layers, changes.containerId);
  return mounted.allowed ? enforcer.createContainer(honestRequest(rule, changes)) : mounted;
}
