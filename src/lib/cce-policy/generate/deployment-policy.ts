// The policy of a deployment that is described by a template or by confcom's input: what confcom would write.

import { CleanroomError } from '../../base/errors.js';
import type { MeasuredImage } from '../measured-image.js';
import type { ContainerRule, FragmentImport, PolicyContent } from '../policy-document.js';
import {
  DEBUG_EXEC_PROCESSES,
  DEBUG_FLAGS,
  DEFAULT_FLAGS,
  infrastructureFragment,
  INJECTED_ENVIRONMENT,
  pauseContainer,
  RESOLV_CONF_MOUNT,
  SIDECAR_IMAGES,
} from '../text/defaults.js';
import { textProfile, type TextProfileName } from '../text/text-profile.js';
import {
  PRIVILEGED_POD_MOUNTS,
  VIRTUAL_NODE_ENVIRONMENT,
  VIRTUAL_NODE_MOUNTS,
} from '../text/virtual-node.js';
import { type ContainerInput, containerRule, type ContainerRuleOptions } from './container-rule.js';
import type { Deployment } from './deployment.js';
import { refuseSecrets } from './secrets.js';

export interface DeploymentPolicyOptions {
  readonly profile: TextProfileName;
  readonly stdio: boolean;
  /** Shells may be run inside, stacks dumped, the guest's log read. */
  readonly debug: boolean;
  /** minimum_svn of the infrastructure fragment, instead of the profile's. */
  readonly infrastructureSvn: string | null;
  readonly excludeDefaultFragments: boolean;
  /** Imports after the default one. */
  readonly fragments: readonly FragmentImport[];
  readonly missingCommand: 'refuse' | 'as-confcom';
  /** Leave image references out, and names that are one: the policy is then the same whatever registry holds the image. */
  readonly omitIds: boolean;
  /** Rules that were written before, such as confcom's `containers from_image` prints: after the deployment's own. */
  readonly further: readonly ContainerRule[];
  /** env_rules in order of their patterns, as confcom's main branch wrote them around 1.4. */
  readonly sortEnvironment: boolean;
}

export const DEPLOYMENT_DEFAULTS: Omit<DeploymentPolicyOptions, 'profile'> = {
  stdio: true,
  debug: false,
  infrastructureSvn: null,
  excludeDefaultFragments: false,
  fragments: [],
  missingCommand: 'refuse',
  omitIds: false,
  further: [],
  sortEnvironment: false,
};

/**
 * The data of the policy.
 *
 * @throws CleanroomError IMAGE_ARCHIVE_MISSING, POLICY_LAYERS_EMPTY, POLICY_COMMAND_EMPTY, IMAGE_PLATFORM, SECRET_IN_POLICY
 */
export function deploymentPolicyContent(
  deployment: Deployment,
  images: ReadonlyMap<string, Pick<MeasuredImage, 'layers' | 'config'>>,
  options: DeploymentPolicyOptions,
): PolicyContent {
  const profile = textProfile(options.profile);
  const isSidecarGroup =
    deployment.containers.length > 0 && deployment.containers.every(({ image }) => isSidecarImage(image));
  const containers = deployment.containers.map((input) => {
    const image = images.get(input.name);
    if (image === undefined) {
      throw new CleanroomError(
        'IMAGE_ARCHIVE_MISSING',
        `the image of ${input.name} (${input.image}) has not been read`,
      );
    }
    const rule = containerRule(withDebugProcesses(input, options.debug), image, {
      profile,
      stdio: options.stdio,
      ...platformDefaults(deployment, input, isSidecarGroup),
      missingCommand: missingCommand(deployment, options),
    });
    refuseSecrets(rule);
    const sorted = options.sortEnvironment ? withSortedEnvironment(rule) : rule;
    return options.omitIds ? withoutId(sorted) : sorted;
  });
  for (const rule of options.further) refuseSecrets(rule);
  const pause = pauseContainer({ stdio: options.stdio, signals: profile.defaultSignals });
  return {
    fragments: fragmentImports(deployment, options),
    containers: [...containers, ...options.further, ...(isSidecarGroup ? [] : [pause])],
    flags: options.debug ? DEBUG_FLAGS : DEFAULT_FLAGS,
  };
}

function missingCommand(
  { platform }: Deployment,
  { missingCommand: otherwise }: DeploymentPolicyOptions,
): ContainerRuleOptions['missingCommand'] {
  return otherwise === 'as-confcom' && platform === 'virtual-node' ? 'as-confcom-pod' : otherwise;
}

/* What the platform adds by itself: a file of ACI's, or a kubelet's files and the variables of its cluster. */
function platformDefaults(
  { platform }: Deployment,
  { securityContext }: ContainerInput,
  isSidecarGroup: boolean,
): Pick<ContainerRuleOptions, 'defaultMounts' | 'injected'> {
  if (platform === 'aci') return { defaultMounts: isSidecarGroup ? [] : [RESOLV_CONF_MOUNT] };
  return {
    injected: [...INJECTED_ENVIRONMENT, ...VIRTUAL_NODE_ENVIRONMENT],
    defaultMounts: [...(securityContext.privileged ? PRIVILEGED_POD_MOUNTS : []), ...VIRTUAL_NODE_MOUNTS],
  };
}

function fragmentImports(
  deployment: Deployment,
  options: DeploymentPolicyOptions,
): readonly FragmentImport[] {
  const excluded = deployment.zeroSidecar ?? options.excludeDefaultFragments;
  const infrastructure = infrastructureFragment(textProfile(options.profile));
  const fallback = excluded
    ? []
    : [{ ...infrastructure, minimum_svn: options.infrastructureSvn ?? infrastructure.minimum_svn }];
  return [...deployment.fragments, ...fallback, ...options.fragments];
}

function withDebugProcesses(input: ContainerInput, debug: boolean): ContainerInput {
  return debug ? { ...input, execProcesses: [...input.execProcesses, ...DEBUG_EXEC_PROCESSES] } : input;
}

function withoutId({ id, name, ...rule }: ContainerRule): ContainerRule {
  return name === undefined || name === id ? rule : { ...rule, name };
}

function withSortedEnvironment(rule: ContainerRule): ContainerRule {
  const sorted = rule.env_rules.toSorted((a, b) =>
    a.pattern < b.pattern ? -1 : a.pattern > b.pattern ? 1 : 0,
  );
  return { ...rule, env_rules: sorted };
}

/* The name before tag or digest; confcom splits a reference at its first colon. */
function isSidecarImage(reference: string): boolean {
  return SIDECAR_IMAGES.includes(reference.split(/[:@]/)[0] ?? '');
}
