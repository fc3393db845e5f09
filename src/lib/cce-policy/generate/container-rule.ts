// One container of a policy, from what a deployment asks for and what its image says (confcom).

import { CleanroomError } from '../../base/errors.js';
import type { ImageConfig, MeasuredImage } from '../measured-image.js';
import type { ContainerRule, EnvironmentRule, ExecRule, MountRule, SignalRule } from '../policy-document.js';
import { INJECTED_ENVIRONMENT } from '../text/defaults.js';
import type { TextProfile } from '../text/text-profile.js';
import { capabilitySets, seccompHash, type SecurityContext, userRule } from './security-context.js';
import { signalRule } from './signals.js';

/** A variable of the deployment: its name, and the rule about the whole `NAME=VALUE`. */
export interface NamedEnvironmentRule {
  readonly name: string;
  readonly rule: EnvironmentRule;
}

/** A container as a deployment describes it, before its image is known. */
export interface ContainerInput {
  readonly name: string;
  /** The image reference as written in the input. */
  readonly image: string;
  /** Replaces entrypoint and command of the image; empty: the image's. */
  readonly command: readonly string[];
  /** Of a pod: replaces the image's command alone, or follows `command`. */
  readonly args?: readonly string[];
  readonly environment: readonly NamedEnvironmentRule[];
  readonly mounts: readonly MountRule[];
  readonly execProcesses: readonly ExecRule[];
  /** Null: the image's. */
  readonly workingDir: string | null;
  readonly securityContext: SecurityContext;
}

export interface ContainerRuleOptions {
  readonly profile: TextProfile;
  readonly stdio: boolean;
  /** Rules for what the platform sets; confcom's if absent. */
  readonly injected?: readonly EnvironmentRule[];
  /** Mounts of the platform, after the input's; one whose place the input has is left out. */
  readonly defaultMounts: readonly MountRule[];
  /** as-confcom writes `null` for a container with no command at all, and an empty list in a pod: no guest will start either. */
  readonly missingCommand: 'refuse' | 'as-confcom' | 'as-confcom-pod';
}

/**
 * The policy's rule for one container.
 *
 * @throws CleanroomError POLICY_LAYERS_EMPTY, POLICY_COMMAND_EMPTY, IMAGE_PLATFORM
 */
export function containerRule(
  input: ContainerInput,
  image: Pick<MeasuredImage, 'layers' | 'config'>,
  options: ContainerRuleOptions,
): ContainerRule {
  const { config } = image;
  return {
    allow_elevated: input.securityContext.privileged,
    allow_stdio_access: options.stdio,
    capabilities: capabilitySets(input.securityContext),
    command: commandOf(input, config, options.missingCommand),
    env_rules: environmentRules(input.environment, config.env, options.injected ?? INJECTED_ENVIRONMENT),
    exec_processes: options.profile.distinctExecProcesses
      ? distinct(input.execProcesses)
      : input.execProcesses,
    id: input.image,
    layers: layersOf(input, image),
    mounts: mountsOf(input.mounts, options.defaultMounts),
    name: input.name,
    no_new_privileges: !input.securityContext.allowPrivilegeEscalation,
    seccomp_profile_sha256: seccompHash(input.securityContext.seccompProfile),
    signals: signalsOf(config, options.profile),
    user: userRule(input.securityContext, config),
    working_dir: workingDirectory(input, config),
  };
}

function layersOf(input: ContainerInput, image: Pick<MeasuredImage, 'layers' | 'config'>): readonly string[] {
  if (image.config.architecture !== 'amd64' || image.config.os !== 'linux') {
    throw new CleanroomError(
      'IMAGE_PLATFORM',
      `the image of ${input.name} is for ${image.config.os}/${image.config.architecture}; confidential containers run linux/amd64`,
    );
  }
  if (image.layers.length === 0) {
    throw new CleanroomError(
      'POLICY_LAYERS_EMPTY',
      `the image of ${input.name} (${input.image}) has no layers: its policy would allow nothing, or anything`,
    );
  }
  return image.layers.map((layer) => layer.rootHash);
}

function commandOf(
  input: ContainerInput,
  config: ImageConfig,
  missingCommand: ContainerRuleOptions['missingCommand'],
): readonly string[] | null {
  const args = input.args ?? [];
  const fromImage = [...(config.entrypoint ?? []), ...(args.length > 0 ? args : (config.cmd ?? []))];
  const command = input.command.length > 0 ? [...input.command, ...args] : fromImage;
  if (command.length > 0) return command;
  if (missingCommand === 'as-confcom') return null;
  if (missingCommand === 'as-confcom-pod') return [];
  throw new CleanroomError(
    'POLICY_COMMAND_EMPTY',
    `${input.name} has no command, and its image ${input.image} has no entrypoint and no command`,
  );
}

/** Input first, then the image's variables, then the platform's; a name that is there already is not repeated. */
export function environmentRules(
  input: readonly NamedEnvironmentRule[],
  imageEnvironment: readonly string[],
  injected: readonly EnvironmentRule[],
): readonly EnvironmentRule[] {
  const names = new Set(input.map((variable) => variable.name));
  const rules = input.map((variable) => variable.rule);
  const fromImage = imageEnvironment.map((pattern): EnvironmentRule => ({
    pattern,
    required: false,
    strategy: 'string',
  }));
  for (const rule of [...fromImage, ...injected]) {
    const name = rule.pattern.replace(/^\^(?:\(\?:)?/, '').split('=')[0] ?? '';
    if (names.has(name)) continue;
    names.add(name);
    rules.push(rule);
  }
  return rules;
}

/* A signal that is there already is not repeated. */
function signalsOf({ stopSignal }: ImageConfig, { defaultSignals }: TextProfile): readonly SignalRule[] {
  const own = stopSignal === null ? [] : [signalRule(stopSignal)];
  return [...defaultSignals, ...own.filter((signal) => !defaultSignals.includes(signal))];
}

function mountsOf(mounts: readonly MountRule[], defaults: readonly MountRule[]): readonly MountRule[] {
  const isTaken = ({ destination }: MountRule): boolean =>
    mounts.some((mount) => mount.destination === destination);
  return [...mounts, ...defaults.filter((mount) => !isTaken(mount))];
}

function workingDirectory(input: ContainerInput, config: ImageConfig): string {
  return input.workingDir ?? (config.workingDir === '' ? '/' : config.workingDir);
}

function distinct(processes: readonly ExecRule[]): readonly ExecRule[] {
  const seen = new Set<string>();
  return processes.filter((process) => {
    const key = JSON.stringify(process);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
