// The guest agent around the framework: what it adds to a policy before it decides (hcsshim pkg/securitypolicy).

import type { MountRule } from '../../cce-policy/policy-document.js';

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
