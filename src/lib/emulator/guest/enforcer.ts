// Decides as the guest's framework does (hcsshim pkg/securitypolicy, framework 0.5.0). The emulator's room host asks it before
// it starts anything; lint shares its pattern engine and its list of questions.

import { assertNever } from '../../base/errors.js';
import type { ContainerRule, PolicyFlag } from '../../cce-policy/policy-document.js';
import type { PolicyModel } from '../../cce-policy/read/policy-model.js';
import { namespaceProblem } from '../../cce-policy/read/fragment-model.js';
import { Candidates } from './candidates.js';
import { FragmentLoader, unreadable } from './fragment-loader.js';
import { admitContainer, admitExec, admitExternal } from './admission.js';
import type { GuestQuestion } from '../../cce-policy/read/guest-questions.js';
import { PatternMatcher } from '../../cce-policy/pattern/pattern-matcher.js';
import { DEVICE_TARGET, isPlan9Target, WRITABLE_DEVICE_TARGET } from './guest.js';
import {
  ALLOW,
  asRequested,
  type ContainerPermission,
  type ContainerRequest,
  type Decision,
  type Denial,
  deny,
  type DeviceMount,
  type ExternalRequest,
  type FragmentRequest,
  type OverlayMount,
  type ProcessPermission,
  type ProcessRequest,
  type SignalRequest,
  type TrustListRequest,
  type WritableDeviceMount,
} from './requests.js';
import type { EnforcerOptions, PolicyEnforcer } from './policy-enforcer.js';
import { type AdmissionContext, execReasons, externalReasons, startReasons } from './process-reasons.js';
import { commandAllowed, signalAllowed } from './rule-matching.js';
import { defaultRule, droppingAllowed, versionReasons } from './version-rules.js';

const NOTHING_TO_UNMOUNT = 'no device at path to unmount';
const UNENCRYPTED_DISK =
  'unencrypted scratch not allowed, non-readonly mount request for SCSI disk must request encryption';
const SCRATCH_FILESYSTEMS: readonly string[] = ['ext4', 'xfs'];

/** A guest at its start, under the policy. A policy of unknown form is denied everything. */
export function createEnforcer(model: PolicyModel, options: EnforcerOptions = {}): PolicyEnforcer {
  return new Guest(model, new PatternMatcher(options.anchoring ?? 'anchored'));
}

class Guest implements PolicyEnforcer {
  private readonly candidates: Candidates | null;
  private readonly devices = new Map<string, string>();
  private readonly writableDevices = new Set<string>();
  private readonly overlays = new Set<string>();
  private readonly scratch = new Set<string>();
  private readonly fragments = new FragmentLoader();
  private readonly plan9Mounts = new Map<string, string>();
  /** The rules that a container may still be under: every operation can rule some out. */
  private readonly matches = new Map<string, readonly ContainerRule[]>();
  /** Whether each container that the framework let start is privileged. */
  private readonly started = new Map<string, boolean>();
  private readonly stdioAllowed = new Map<string, boolean>();

  constructor(
    private readonly model: PolicyModel,
    private readonly matcher: PatternMatcher,
  ) {
    this.candidates = model.form === 'known' ? new Candidates(model) : null;
  }

  mountDevice({ target, deviceHash }: DeviceMount): Decision {
    return this.ask('mount_device', ALLOW, (candidates) => {
      const reasons = [
        ...(candidates.isLayer(deviceHash) ? [] : ['deviceHash not found']),
        ...this.mountPointReasons(target, DEVICE_TARGET),
      ];
      if (reasons.length > 0) return deny(...reasons);
      this.devices.set(target, deviceHash);
      return ALLOW;
    });
  }

  unmountDevice(target: string): Decision {
    return this.ask('unmount_device', ALLOW, () => {
      if (this.devices.delete(target)) return ALLOW;
      return deny(
        this.writableDevices.has(target)
          ? 'received read-only unmount request, but device provided is read-write'
          : NOTHING_TO_UNMOUNT,
      );
    });
  }

  mountWritableDevice(request: WritableDeviceMount): Decision {
    const { target, encrypted, ensureFilesystem, filesystem } = request;
    return this.ask('rw_mount_device', ALLOW, () => {
      const reasons = [
        ...(encrypted || this.flag('allow_unencrypted_scratch') ? [] : [UNENCRYPTED_DISK]),
        ...(ensureFilesystem ? [] : ['ensureFilesystem must be set on rw device mounts']),
        ...(SCRATCH_FILESYSTEMS.includes(filesystem)
          ? []
          : ['rw device mounts uses a filesystem that is not allowed']),
        ...this.mountPointReasons(target, WRITABLE_DEVICE_TARGET),
      ];
      if (reasons.length > 0) return deny(...reasons);
      this.writableDevices.add(target);
      return ALLOW;
    });
  }

  unmountWritableDevice(target: string): Decision {
    return this.ask('rw_unmount_device', ALLOW, () => {
      if (this.writableDevices.delete(target)) return ALLOW;
      return deny(
        this.devices.has(target)
          ? 'received read-write unmount request, but device provided is read-only'
          : NOTHING_TO_UNMOUNT,
      );
    });
  }

  mountOverlay({ containerId, layerPaths, target }: OverlayMount): Decision {
    return this.ask('mount_overlay', ALLOW, (candidates) => {
      const mounted = [...layerPaths].reverse().map((path) => this.devices.get(path));
      const containers = candidates
        .containers()
        .filter(
          ({ layers }) =>
            layers.length === mounted.length && layers.every((hash, index) => hash === mounted[index]),
        );
      const reasons = [
        ...(this.matches.has(containerId) ? ['overlay has already been mounted'] : []),
        ...(containers.length === 0 ? ['no matching containers for overlay'] : []),
      ];
      if (reasons.length > 0) return deny(...reasons);
      if (this.overlays.has(target)) return deny('an overlay has already been mounted at this place');
      this.matches.set(containerId, containers);
      this.overlays.add(target);
      return ALLOW;
    });
  }

  unmountOverlay(target: string): Decision {
    return this.ask('unmount_overlay', ALLOW, () =>
      this.overlays.delete(target) ? ALLOW : deny('no overlay at path to unmount'),
    );
  }

  createContainer(request: ContainerRequest): ContainerPermission | Denial {
    const decision = this.ask<ContainerPermission | Denial>('create_container', asRequested(request), () => {
      const { containerId } = request;
      const matches = this.matches.get(containerId) ?? null;
      const started = this.started.has(containerId);
      const context = { ...this.admission(), plan9Mounts: this.plan9Mounts, started };
      const outcome = started ? null : admitContainer(matches ?? [], request, context);
      if (outcome === null) return deny(...startReasons(matches, request, context));
      this.matches.set(request.containerId, outcome.remaining);
      this.started.set(request.containerId, request.privileged);
      return outcome.permission;
    });
    if (!decision.allowed) return decision;
    const permission = {
      ...decision,
      stdioAllowed: this.alwaysStdio('create_container') ?? decision.stdioAllowed,
    };
    this.stdioAllowed.set(request.containerId, permission.stdioAllowed);
    return permission;
  }

  execInContainer(request: ProcessRequest): ContainerPermission | Denial {
    const { containerId } = request;
    const decision = this.ask<ContainerPermission | Denial>('exec_in_container', asRequested(request), () => {
      const privileged = this.started.get(containerId) ?? null;
      const matches = this.matchesOf(containerId);
      const outcome =
        privileged === null ? null : admitExec(matches, request, { ...this.admission(), privileged });
      if (outcome === null)
        return deny(...execReasons(matches, request, { ...this.admission(), privileged }));
      this.matches.set(containerId, outcome.remaining);
      return outcome.permission;
    });
    return decision.allowed ? { ...decision, stdioAllowed: this.stdio(containerId) } : decision;
  }

  execExternal(request: ExternalRequest): ProcessPermission | Denial {
    const always: ProcessPermission = {
      allowed: true,
      environment: request.environment,
      stdioAllowed: this.alwaysStdio('exec_external') ?? false,
    };
    return this.ask<ProcessPermission | Denial>('exec_external', always, (candidates) => {
      const processes = candidates.externalProcesses();
      const permission = admitExternal(processes, request, this.admission());
      return permission ?? deny(...externalReasons(processes, request, this.admission()));
    });
  }

  shutdownContainer(containerId: string): Decision {
    return this.ask('shutdown_container', ALLOW, () => {
      if (!this.started.has(containerId)) return deny('container not started');
      this.matches.delete(containerId);
      return ALLOW;
    });
  }

  signal({ containerId, signal, isInitProcess, command }: SignalRequest): Decision {
    return this.ask('signal_container_process', ALLOW, () => {
      const remaining = this.matchesOf(containerId).filter((container) =>
        isInitProcess
          ? signalAllowed(container.signals, signal)
          : container.exec_processes.some(
              (process) => commandAllowed(process.command, command) && signalAllowed(process.signals, signal),
            ),
      );
      const reasons = [
        ...(this.started.has(containerId) ? [] : ['container not started']),
        ...(remaining.length === 0 ? ["target isn't allowed to receive the signal"] : []),
      ];
      if (reasons.length > 0) return deny(...reasons);
      this.matches.set(containerId, remaining);
      return ALLOW;
    });
  }

  plan9Mount(target: string): Decision {
    return this.ask('plan9_mount', ALLOW, () => {
      if (this.plan9Mounts.has(target)) return deny('device already mounted at path');
      const containerId = [...this.matches.keys()].find((id) => isPlan9Target(target, id));
      if (containerId === undefined) return deny('mountpoint invalid');
      this.plan9Mounts.set(target, containerId);
      return ALLOW;
    });
  }

  plan9Unmount(target: string): Decision {
    return this.ask('plan9_unmount', ALLOW, () =>
      this.plan9Mounts.delete(target) ? ALLOW : deny(NOTHING_TO_UNMOUNT),
    );
  }

  getProperties(): Decision {
    return this.askFlag('get_properties', 'allow_properties_access');
  }

  dumpStacks(): Decision {
    return this.askFlag('dump_stacks', 'allow_dump_stacks');
  }

  runtimeLogging(): Decision {
    return this.askFlag('runtime_logging', 'allow_runtime_logging');
  }

  hostNetwork(): Decision {
    return this.askFlag('host_network', 'allow_host_network');
  }

  loadFragment(request: FragmentRequest): Decision {
    const problem = namespaceProblem(request.text);
    if (problem !== null) return deny(problem);
    const decision = this.ask('load_fragment', ALLOW, (candidates) =>
      this.fragments.load(request, candidates),
    );
    // A policy may let every fragment in; the guest compiles its text all the same.
    return decision.allowed ? (unreadable(request.text) ?? decision) : decision;
  }

  loadTrustList(request: TrustListRequest): Decision {
    return this.ask('load_transparency_trust_list', ALLOW, (candidates) =>
      this.fragments.loadTrustList(request, candidates),
    );
  }

  scratchMount({ target, encrypted }: { readonly target: string; readonly encrypted: boolean }): Decision {
    return this.ask('scratch_mount', ALLOW, () => {
      const reasons = [
        ...(this.scratch.has(target) ? ['scratch already mounted at path'] : []),
        ...(encrypted || this.flag('allow_unencrypted_scratch') ? [] : ['unencrypted scratch not allowed']),
      ];
      if (reasons.length > 0) return deny(...reasons);
      this.scratch.add(target);
      return ALLOW;
    });
  }

  scratchUnmount(target: string): Decision {
    return this.ask('scratch_unmount', ALLOW, () =>
      this.scratch.delete(target) ? ALLOW : deny('no scratch at path to unmount'),
    );
  }

  stdio(containerId: string): boolean {
    return this.stdioAllowed.get(containerId) ?? false;
  }

  /* The policy's own answer, the framework's, or the guest's default for what the policy's API version did not know. */
  private ask<D extends Decision>(
    question: GuestQuestion,
    always: Exclude<D, Denial>,
    framework: (candidates: Candidates) => D | Denial,
  ): D | Denial {
    const { model, candidates } = this;
    if (model.form === 'unknown' || candidates === null) {
      return deny(
        `the policy is not in a form that can be evaluated${model.form === 'unknown' ? `: ${model.problem}` : ''}`,
      );
    }
    if (model.apiVersion === null) return deny('policy does not define api_version');
    const rule = model.points.get(question) ?? defaultRule(question, model.apiVersion);
    switch (rule.kind) {
      case 'framework': {
        const decision = framework(candidates);
        return decision.allowed ? decision : deny(decision.reason, ...versionReasons(model));
      }
      case 'always':
        return rule.allowed ? always : deny(`${question} is denied by the policy`);
      case 'missing':
        return deny(`rule for ${question} is missing from policy`);
      default:
        return assertNever(rule);
    }
  }

  private askFlag(question: GuestQuestion, flag: PolicyFlag): Decision {
    return this.ask(question, ALLOW, () => (this.flag(flag) ? ALLOW : deny(`${question} is not allowed`)));
  }

  private flag(flag: PolicyFlag): boolean {
    return this.model.form === 'known' && this.model.flags[flag] === true;
  }

  private admission(): AdmissionContext {
    return { matcher: this.matcher, droppingAllowed: droppingAllowed(this.model) };
  }

  private mountPointReasons(target: string, pattern: string): readonly string[] {
    return [
      ...(this.devices.has(target) || this.writableDevices.has(target)
        ? ['device already mounted at path']
        : []),
      ...(this.matcher.matches(`^${pattern}$`, target) ? [] : ['mountpoint invalid']),
    ];
  }

  private alwaysStdio(question: GuestQuestion): boolean | null {
    const rule = this.model.form === 'known' ? this.model.points.get(question) : undefined;
    return rule?.kind === 'always' ? rule.stdioAllowed : null;
  }

  private matchesOf(containerId: string): readonly ContainerRule[] {
    return this.matches.get(containerId) ?? [];
  }
}
