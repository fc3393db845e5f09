// confcom's tables: what it adds to every policy, as data (confcom).

import type {
  Capabilities,
  ContainerRule,
  EnvironmentRule,
  ExecRule,
  FragmentImport,
  MountRule,
  PolicyFlags,
  SignalRule,
  UserRule,
} from '../policy-document.js';
import type { TextProfile } from './text-profile.js';

/** Variables that the platform may set in every container; matched by whole name and value. */
export const INJECTED_ENVIRONMENT: readonly EnvironmentRule[] = [
  { pattern: 'TERM=xterm', required: false, strategy: 'string' },
  ...[
    '(?i)(FABRIC)_.+=.+',
    'HOSTNAME=.+',
    'T(E)?MP=.+',
    'FabricPackageFileName=.+',
    'HostedServiceName=.+',
    'IDENTITY_API_VERSION=.+',
    'IDENTITY_HEADER=.+',
    'IDENTITY_SERVER_THUMBPRINT=.+',
    'azurecontainerinstance_restarted_by=.+',
  ].map((pattern): EnvironmentRule => ({ pattern, required: false, strategy: 're2' })),
];

/** Signer of Microsoft's infrastructure fragments. */
export const INFRASTRUCTURE_ISSUER =
  'did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.3.6.1.4.1.311.76.59.1.3';
export const INFRASTRUCTURE_FEED = 'mcr.microsoft.com/aci/aci-cc-infra-fragment';

/** The least SVN of it that is known to be safe: what every confcom since 1.0 demands. */
export const INFRASTRUCTURE_SVN_FLOOR = 4;

/** Microsoft's infrastructure fragment: the sidecars that ACI itself puts into a group. */
export function infrastructureFragment(profile: TextProfile): FragmentImport {
  return {
    feed: INFRASTRUCTURE_FEED,
    includes: ['containers', 'fragments'],
    issuer: INFRASTRUCTURE_ISSUER,
    minimum_svn: profile.infrastructureSvn,
  };
}

export const DEFAULT_FLAGS: PolicyFlags = {
  allow_properties_access: true,
  allow_dump_stacks: false,
  allow_runtime_logging: false,
  allow_environment_variable_dropping: true,
  allow_unencrypted_scratch: false,
  allow_capability_dropping: true,
  allow_host_network: false,
};

/** What --debug-mode of confcom opens. */
export const DEBUG_FLAGS: PolicyFlags = {
  ...DEFAULT_FLAGS,
  allow_dump_stacks: true,
  allow_runtime_logging: true,
};

export const DEBUG_EXEC_PROCESSES: readonly ExecRule[] = [
  { command: ['/bin/sh'], signals: [] },
  { command: ['/bin/bash'], signals: [] },
];

export const ANY_USER: UserRule = {
  group_idnames: [{ pattern: '', strategy: 'any' }],
  umask: '0022',
  user_idname: { pattern: '', strategy: 'any' },
};

export const UNPRIVILEGED_CAPABILITIES: readonly string[] = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
].map(withPrefix);

export const PRIVILEGED_CAPABILITIES: readonly string[] = [
  ...['AUDIT_CONTROL', 'AUDIT_READ', 'AUDIT_WRITE', 'BLOCK_SUSPEND', 'BPF', 'CHECKPOINT_RESTORE', 'CHOWN'],
  ...['DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'IPC_LOCK', 'IPC_OWNER', 'KILL', 'LEASE'],
  ...[
    'LINUX_IMMUTABLE',
    'MAC_ADMIN',
    'MAC_OVERRIDE',
    'MKNOD',
    'NET_ADMIN',
    'NET_BIND_SERVICE',
    'NET_BROADCAST',
  ],
  ...['NET_RAW', 'PERFMON', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYSLOG', 'SYS_ADMIN', 'SYS_BOOT'],
  ...['SYS_CHROOT', 'SYS_MODULE', 'SYS_NICE', 'SYS_PACCT', 'SYS_PTRACE', 'SYS_RAWIO', 'SYS_RESOURCE'],
  ...['SYS_TIME', 'SYS_TTY_CONFIG', 'WAKE_ALARM'],
].map(withPrefix);

/* The pause container's list has an order of its own, and the order is hashed. */
const PAUSE_CAPABILITIES: readonly string[] = [
  ...['CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID', 'SETFCAP'],
  ...['SETPCAP', 'NET_BIND_SERVICE', 'SYS_CHROOT', 'KILL', 'AUDIT_WRITE'],
].map(withPrefix);

function withPrefix(name: string): string {
  return `CAP_${name}`;
}

/** The same list in the three sets that an unprivileged container has. */
export function unprivilegedSets(list: readonly string[]): Capabilities {
  return { ambient: [], bounding: list, effective: list, inheritable: [], permitted: list };
}

/** Root hash of the pause image's only layer: the sandbox container of every ACI group. */
export const PAUSE_LAYER = '16b514057a06ad665f92c02863aca074fd5976c755d26bff16365299169e8415';

export const PAUSE_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The sandbox container that ACI starts first; last in every policy. */
export function pauseContainer(options: {
  readonly stdio: boolean;
  readonly signals: readonly SignalRule[];
}): ContainerRule {
  return {
    allow_elevated: false,
    allow_stdio_access: options.stdio,
    capabilities: unprivilegedSets(PAUSE_CAPABILITIES),
    command: ['/pause'],
    env_rules: [
      { pattern: PAUSE_PATH, required: true, strategy: 'string' },
      { pattern: 'TERM=xterm', required: false, strategy: 'string' },
    ],
    exec_processes: [],
    layers: [PAUSE_LAYER],
    mounts: [],
    name: 'pause-container',
    no_new_privileges: false,
    seccomp_profile_sha256: '',
    signals: options.signals,
    user: ANY_USER,
    working_dir: '/',
  };
}

/** Sources of ACI's volume types inside the guest. */
export const MOUNT_SOURCES = {
  azureFile: 'sandbox:///tmp/atlas/azureFileVolume/.+',
  secret: 'sandbox:///tmp/atlas/secretsVolume/.+',
  secretsSource: 'plan9://',
  emptyDir: 'sandbox:///tmp/atlas/emptydir/.+',
  resolvconf: 'sandbox:///tmp/atlas/resolvconf/.+',
  gitRepo: 'sandbox:///tmp/atlas/gitRepoVolume/.+',
} as const;
export type MountKind = keyof typeof MOUNT_SOURCES;

/** A bind mount as confcom writes it. */
export function bindMount(kind: MountKind, destination: string, access: 'rw' | 'ro'): MountRule {
  return { destination, options: ['rbind', 'rshared', access], source: MOUNT_SOURCES[kind], type: 'bind' };
}

export const RESOLV_CONF_MOUNT: MountRule = bindMount('resolvconf', '/etc/resolv.conf', 'rw');

/** Images of ACI's own sidecars: a policy of these alone has neither default mounts nor a pause container. */
export const SIDECAR_IMAGES: readonly string[] = [
  'mcr.microsoft.com/aci/msi-atlas-adapter',
  'mcr.microsoft.com/aci/atlas-mount-azure-file-volume',
  'mcr.microsoft.com/aci/atlas-mount-secrets-volume',
  'mcr.microsoft.com/aci/atlas-netstats',
  'mcr.microsoft.com/aci/atlas-mount-resolv-conf',
  'mcr.microsoft.com/aci/atlas-mount-gitrepo-volume',
  'k8s.gcr.io/pause',
  'mcr.microsoft.com/aci/sc-proxy',
  'mcr.microsoft.com/aci/vk-metrics-sidecar',
];
