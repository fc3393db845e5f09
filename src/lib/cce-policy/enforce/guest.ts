// The guest agent around the framework: what it adds to a policy before it decides (hcsshim pkg/securitypolicy).

import type { MountRule } from '../policy-document.js';

/** Versions of the framework and API that this evaluator follows (hcsshim HEAD, 2026-08). */
export const GUEST_FRAMEWORK_VERSION = '0.5.0';

export const SANDBOX_PREFIX = 'sandbox://';
export const HUGE_PAGES_PREFIX = 'hugepages://';
export const PLAN9_PREFIX = 'plan9://';

const CONTAINERS_ROOT = '/run/gcs/c';

/** Where a device of a layer may be mounted. */
export const DEVICE_TARGET = '/run/mounts/scsi/m[0-9]+';
/** Where a writable device may be mounted: the directory of a container. */
export const WRITABLE_DEVICE_TARGET = `${CONTAINERS_ROOT}/[0-9a-fA-F]{64}`;

/** Directory that `sandbox://` of a mount rule stands for. */
export function sandboxMountsDirectory(sandboxId: string): string {
  return `${CONTAINERS_ROOT}/${sandboxId}/sandboxMounts`;
}

export function hugePagesDirectory(sandboxId: string): string {
  return `${CONTAINERS_ROOT}/${sandboxId}/hugepages`;
}

/** Whether `target` is a place for a plan9 mount of the container. */
export function isPlan9Target(target: string, containerId: string): boolean {
  const prefix = `${CONTAINERS_ROOT}/${containerId}/mounts/m`;
  return target.startsWith(prefix) && /^[0-9]+$/.test(target.slice(prefix.length));
}

interface ApiEntry {
  /** Version of the policy API that brought the question. */
  readonly since: string;
  /** What holds for policies of an older API that do not answer it. */
  readonly otherwise: 'allow' | 'deny' | 'framework';
}

/** The guest's questions (hcsshim api.rego). */
export const API = {
  mount_device: { since: '0.1.0', otherwise: 'deny' },
  rw_mount_device: { since: '0.11.0', otherwise: 'framework' },
  mount_overlay: { since: '0.1.0', otherwise: 'deny' },
  create_container: { since: '0.1.0', otherwise: 'deny' },
  unmount_device: { since: '0.2.0', otherwise: 'allow' },
  rw_unmount_device: { since: '0.11.0', otherwise: 'framework' },
  unmount_overlay: { since: '0.6.0', otherwise: 'allow' },
  exec_in_container: { since: '0.2.0', otherwise: 'allow' },
  exec_external: { since: '0.3.0', otherwise: 'allow' },
  shutdown_container: { since: '0.4.0', otherwise: 'allow' },
  signal_container_process: { since: '0.5.0', otherwise: 'allow' },
  plan9_mount: { since: '0.6.0', otherwise: 'allow' },
  plan9_unmount: { since: '0.6.0', otherwise: 'allow' },
  get_properties: { since: '0.7.0', otherwise: 'allow' },
  dump_stacks: { since: '0.7.0', otherwise: 'allow' },
  runtime_logging: { since: '0.8.0', otherwise: 'allow' },
  load_fragment: { since: '0.9.0', otherwise: 'deny' },
  scratch_mount: { since: '0.10.0', otherwise: 'allow' },
  scratch_unmount: { since: '0.10.0', otherwise: 'allow' },
} as const satisfies Record<string, ApiEntry>;
export type GuestQuestion = keyof typeof API;

function mount(source: string, destination: string, type: string, options: readonly string[]): MountRule {
  return { source, destination, type, options };
}

const NO_SUID_EXEC_DEV = ['nosuid', 'noexec', 'nodev'];

const CRI_MOUNTS: readonly MountRule[] = [
  mount('proc', '/proc', 'proc', NO_SUID_EXEC_DEV),
  mount('tmpfs', '/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
  mount('devpts', '/dev/pts', 'devpts', [
    ...['nosuid', 'noexec', 'newinstance'],
    ...['ptmxmode=0666', 'mode=0620', 'gid=5'],
  ]),
  mount('shm', '/dev/shm', 'tmpfs', [...NO_SUID_EXEC_DEV, 'mode=1777', 'size=65536k']),
  mount('mqueue', '/dev/mqueue', 'mqueue', NO_SUID_EXEC_DEV),
  mount('sysfs', '/sys', 'sysfs', [...NO_SUID_EXEC_DEV, 'ro']),
  mount('tmpfs', '/run', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
  mount('cgroup', '/sys/fs/cgroup', 'cgroup', [...NO_SUID_EXEC_DEV, 'relatime', 'ro']),
  mount('cgroup2', '/sys/fs/cgroup', 'cgroup2', [...NO_SUID_EXEC_DEV, 'relatime', 'ro']),
];

/** Mounts that a privileged container may have besides. */
export const PRIVILEGED_MOUNTS: readonly MountRule[] = [
  mount('cgroup', '/sys/fs/cgroup', 'cgroup', [...NO_SUID_EXEC_DEV, 'relatime', 'rw']),
  mount('cgroup2', '/sys/fs/cgroup', 'cgroup2', [...NO_SUID_EXEC_DEV, 'relatime', 'rw']),
  mount('sysfs', '/sys', 'sysfs', [...NO_SUID_EXEC_DEV, 'rw']),
];

/** A privileged pod's sandbox container gets /sys writable (containerd 2). */
export const SANDBOX_SYSFS_MOUNT: MountRule = mount('sysfs', '/sys', 'sysfs', [...NO_SUID_EXEC_DEV, 'rw']);

/** Mounts that every container may have: the runtime's own, and the three network files of its sandbox. */
export function defaultMounts(sandboxId: string): readonly MountRule[] {
  const networkFiles = ['hostname', 'hosts', 'resolv.conf'].map((name) =>
    mount(`${CONTAINERS_ROOT}/${sandboxId}/${name}`, `/etc/${name}`, 'bind', ['bind']),
  );
  return [...CRI_MOUNTS, ...networkFiles];
}
