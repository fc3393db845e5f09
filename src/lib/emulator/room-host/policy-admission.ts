// The guest's side of a start: every question is put to the CCE policy before any process exists (hcsshim framework.rego).

import { randomBytes } from 'node:crypto';

import { decodeUtf8, utf8 } from '../../base/bytes/arrays.js';
import { fromBase64, toBase64 } from '../../base/bytes/base64.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import { createEnforcer } from '../guest/enforcer.js';
import { sandboxMountsDirectory } from '../guest/guest.js';
import type { PolicyEnforcer } from '../guest/policy-enforcer.js';
import { type Decision, ORDINARY_IDENTITY, type ProcessIdentity } from '../guest/requests.js';
import type { MountRule } from '../../cce-policy/policy-document.js';
import { capabilitySets, DEFAULT_SECURITY_CONTEXT } from '../../cce-policy/generate/security-context.js';
import { parsePolicy } from '../../cce-policy/read/policy-model.js';
import type { PreparedImage } from './images.js';
import type { ContainerSpec, GroupSpec } from './group-spec.js';

/** A container as the host is about to start it. */
export interface ContainerPlan {
  readonly spec: ContainerSpec;
  readonly image: PreparedImage;
  readonly command: readonly string[];
  /** `NAME=VALUE`: of the deployment, of the image, and what the platform injects. */
  readonly environment: readonly string[];
}

/** What the policy lets a container have. */
export interface AdmittedContainer {
  readonly plan: ContainerPlan;
  /** Variables that no rule covers are gone. */
  readonly environment: readonly string[];
  readonly stdioAllowed: boolean;
}

export type Admission =
  | { readonly allowed: true; readonly containers: readonly AdmittedContainer[] }
  | { readonly allowed: false; readonly container: string; readonly message: string };

/** A group without a policy: everything is as deployed. */
export function admitPlain(plans: readonly ContainerPlan[]): Admission {
  return {
    allowed: true,
    containers: plans.map((plan) => ({ plan, environment: plan.environment, stdioAllowed: true })),
  };
}

/** Asks the policy of a confidential group for all of its containers; the first denial ends it. */
export function admitByPolicy(
  group: GroupSpec,
  ccePolicy: string,
  plans: readonly ContainerPlan[],
): Admission {
  const text = decodeUtf8(fromBase64(ccePolicy) ?? new Uint8Array());
  const guest = new GuestStart(createEnforcer(parsePolicy(text ?? '')), group);
  const containers: AdmittedContainer[] = [];
  for (const plan of plans) {
    const outcome = guest.admit(plan);
    if ('reason' in outcome)
      return { allowed: false, container: plan.spec.name, message: denialMessage(outcome) };
    containers.push(outcome);
  }
  return { allowed: true, containers };
}

interface DeniedStep {
  readonly rule: string;
  readonly input: { readonly [name: string]: Json };
  readonly reason: string;
}

class GuestStart {
  private readonly sandboxId = randomBytes(32).toString('hex');
  private readonly devices = new Map<string, string>();
  private scratchMounted = false;

  constructor(
    private readonly enforcer: PolicyEnforcer,
    private readonly group: GroupSpec,
  ) {}

  admit(plan: ContainerPlan): AdmittedContainer | DeniedStep {
    const containerId = randomBytes(32).toString('hex');
    return (
      this.mountScratch() ??
      this.mountLayers(plan) ??
      this.mountOverlay(plan, containerId) ??
      this.create(plan, containerId)
    );
  }

  private mountScratch(): DeniedStep | null {
    if (this.scratchMounted) return null;
    this.scratchMounted = true;
    const target = `/run/gcs/c/${this.sandboxId}`;
    const device = { target, encrypted: true, ensureFilesystem: true, filesystem: 'xfs' };
    return (
      denied('rw_mount_device', device, this.enforcer.mountWritableDevice(device)) ??
      denied(
        'scratch_mount',
        { target, encrypted: true },
        this.enforcer.scratchMount({ target, encrypted: true }),
      )
    );
  }

  private mountLayers({ image }: ContainerPlan): DeniedStep | null {
    for (const deviceHash of image.layers) {
      if (this.devices.has(deviceHash)) continue;
      const target = `/run/mounts/scsi/m${this.devices.size}`;
      const step = denied(
        'mount_device',
        { target, deviceHash },
        this.enforcer.mountDevice({ target, deviceHash }),
      );
      if (step !== null) return step;
      this.devices.set(deviceHash, target);
    }
    return null;
  }

  private mountOverlay({ image }: ContainerPlan, containerId: string): DeniedStep | null {
    const layerPaths = image.layers.map((hash) => this.devices.get(hash) ?? '').reverse();
    const request = { containerId, layerPaths, target: `/run/gcs/c/${containerId}/rootfs` };
    return denied(
      'mount_overlay',
      { containerID: containerId, layerPaths, target: request.target },
      this.enforcer.mountOverlay(request),
    );
  }

  private create(plan: ContainerPlan, containerId: string): AdmittedContainer | DeniedStep {
    const { spec, image, command, environment } = plan;
    const mounts = this.mounts(spec);
    const decision = this.enforcer.createContainer({
      ...ORDINARY_IDENTITY,
      ...readUser(spec.user ?? image.user),
      containerId,
      sandboxId: this.sandboxId,
      isSandboxContainer: false,
      command,
      environment,
      workingDir: image.workingDir,
      mounts,
      privileged: spec.privileged,
      noNewPrivileges: spec.noNewPrivileges,
      capabilities: capabilitySets({
        ...DEFAULT_SECURITY_CONTEXT,
        privileged: spec.privileged,
        addCapabilities: spec.capabilities.add,
        dropCapabilities: spec.capabilities.drop,
      }),
      seccompProfileSha256: '',
      devices: [],
    });
    if (decision.allowed)
      return { plan, environment: decision.environment, stdioAllowed: decision.stdioAllowed };
    const input = {
      containerID: containerId,
      sandboxID: this.sandboxId,
      argList: [...command],
      // Names only, as the guest does it: a denial is read by whoever may read the group.
      envList: environment.map((entry) => `${entry.slice(0, entry.indexOf('='))}=<<redacted>>`),
      workingDir: image.workingDir,
      mounts: mounts.map((mount) => ({ ...mount, options: [...mount.options] })),
      privileged: spec.privileged,
    };
    return { rule: 'create_container', input, reason: decision.reason };
  }

  /** What the platform binds into a container: its volumes, and the name server file or what a kubelet keeps. */
  private mounts(spec: ContainerSpec): readonly MountRule[] {
    const root = `${sandboxMountsDirectory(this.sandboxId)}/tmp/atlas`;
    const volumes = spec.volumeMounts.map(({ name, mountPath, readOnly }): MountRule => {
      const kind = this.group.volumes.find((volume) => volume.name === name)?.kind ?? 'emptyDir';
      const place = this.group.pod === undefined ? VOLUME_DIRECTORIES[kind] : POD_DIRECTORY;
      return bound(`${root}/${place}`, mountPath, readOnly ? 'ro' : 'rw');
    });
    const { pod } = this.group;
    if (pod === undefined) return [...volumes, bound(`${root}/resolvconf`, '/etc/resolv.conf', 'rw')];
    const files = pod.files.map(({ destination, options }) =>
      bound(`${root}/${POD_DIRECTORY}`, destination, options.includes('ro') ? 'ro' : 'rw'),
    );
    return [...volumes, ...files];
  }
}

function bound(directory: string, destination: string, access: 'ro' | 'rw'): MountRule {
  return {
    source: `${directory}/${randomBytes(16).toString('hex')}`,
    destination,
    type: 'bind',
    options: ['rbind', 'rshared', access],
  };
}

/* And a virtual node everything, its kubelet's files too (confcom). */
const POD_DIRECTORY = 'emptydir';
/* Where ACI keeps each kind of volume in the sandbox (confcom). */
const VOLUME_DIRECTORIES = {
  azureFile: 'azureFileVolume',
  emptyDir: 'emptydir',
  secret: 'secretsVolume',
} as const;

/** `USER[:GROUP]` of an image, as the runtime reads it: digits are an id, anything else a name, nothing is root. */
function readUser(text: string): Pick<ProcessIdentity, 'user' | 'groups'> {
  const [user = '', group = ''] = text.split(':');
  return { user: readIdentity(user), groups: [readIdentity(group)] };
}

function readIdentity(text: string): { readonly id: string; readonly name: string } {
  if (text === '' || text === 'root' || text === '0') return { id: '0', name: 'root' };
  return /^\d+$/.test(text) ? { id: text, name: '' } : { id: '', name: text };
}

function denied(rule: string, input: DeniedStep['input'], decision: Decision): DeniedStep | null {
  return decision.allowed ? null : { rule, input, reason: decision.reason };
}

/**
 * The text of the event, as the guest agent builds it: the decision is JSON in base64 between two marks.
 *
 * @see hcsshim pkg/securitypolicy/securitypolicyenforcer_rego.go, `denyWithReason`
 */
function denialMessage({ rule, input, reason }: DeniedStep): string {
  const decision = { decision: 'deny', input: { ...input, rule }, reason: { errors: reason.split('; ') } };
  const encoded = toBase64(utf8(JSON.stringify(decision)));
  return `Failed to create containerd task: failed to create shim task: ${WORDING[rule] ?? rule} denied due to policy: policyDecision< ${encoded} >policyDecision: unknown`;
}

const WORDING: Readonly<Record<string, string>> = {
  rw_mount_device: 'guest RPC failure: mounting scratch device',
  scratch_mount: 'guest RPC failure: scratch mount',
  mount_device: 'guest RPC failure: mounting scsi device controller',
  mount_overlay: 'guest RPC failure: overlay creation',
  create_container: 'guest RPC failure: container creation',
};
