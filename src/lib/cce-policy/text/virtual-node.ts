// What confcom adds to every container of a pod on virtual nodes (Azure/azure-cli-extensions, src/confcom, config.py and
// samples/vn2): mounts of the kubelet's files, and variables of the cluster's services.

import type { EnvironmentRule, MountRule } from '../policy-document.js';
import { bindMount } from './defaults.js';

/** Service variables that a kubelet sets; whoever owns the cluster chooses them. */
export const VIRTUAL_NODE_PATTERNS: readonly string[] = [
  '[A-Z0-9_]+_SERVICE_HOST=.+',
  '[A-Z0-9_]+_SERVICE_PORT=.+',
  '[A-Z0-9_]+_SERVICE_PORT_[A-Z0-9_]+=.+',
  '[A-Z0-9_]+_PORT=.+',
  '[A-Z0-9_]+_PORT_[0-9]+_TCP=.+',
  '[A-Z0-9_]+_PORT_[0-9]+_TCP_PROTO=.+',
  '[A-Z0-9_]+_PORT_[0-9]+_TCP_PORT=.+',
  '[A-Z0-9_]+_PORT_[0-9]+_TCP_ADDR=.+',
];

export const VIRTUAL_NODE_ENVIRONMENT: readonly EnvironmentRule[] = VIRTUAL_NODE_PATTERNS.map(anyValue);

/** Variables of a pod with the label `azure.workload.identity/use`. */
export const WORKLOAD_IDENTITY_NAMES: readonly string[] = [
  'AZURE_CLIENT_ID',
  'AZURE_TENANT_ID',
  'AZURE_FEDERATED_TOKEN_FILE',
  'AZURE_AUTHORITY_HOST',
];
export const WORKLOAD_IDENTITY_ENVIRONMENT: readonly EnvironmentRule[] = WORKLOAD_IDENTITY_NAMES.map((name) =>
  anyValue(`${name}=.+`),
);
export const WORKLOAD_IDENTITY_MOUNT: MountRule = bindMount(
  'emptyDir',
  '/var/run/secrets/azure/tokens',
  'ro',
);

/** Files that a kubelet puts into every container, in confcom's order. */
export const VIRTUAL_NODE_MOUNTS: readonly MountRule[] = [
  bindMount('emptyDir', '/etc/resolv.conf', 'rw'),
  bindMount('emptyDir', '/var/run/secrets/kubernetes.io/serviceaccount', 'ro'),
  bindMount('emptyDir', '/etc/hosts', 'rw'),
  bindMount('emptyDir', '/dev/termination-log', 'rw'),
  bindMount('emptyDir', '/etc/hostname', 'rw'),
];

/** Mounts of a privileged container, in confcom's order. */
export const PRIVILEGED_POD_MOUNTS: readonly MountRule[] = [
  bindMount('emptyDir', '/sys/fs/cgroup', 'rw'),
  bindMount('emptyDir', '/sys', 'rw'),
];

function anyValue(pattern: string): EnvironmentRule {
  return { pattern, required: false, strategy: 're2' };
}
