// What a guest asks a policy, and since which version of the policy API (hcsshim pkg/securitypolicy/api.rego).

/** Version of the framework that this program follows (hcsshim, 2026-08). */
export const GUEST_FRAMEWORK_VERSION = '0.5.0';

/** Platform rules and trust lists of older texts are passed over: the names may have meant something else. */
export const PLATFORM_RULES_SINCE = '0.5.0';

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
  load_transparency_trust_list: { since: '0.12.0', otherwise: 'deny' },
  host_network: { since: '0.12.0', otherwise: 'deny' },
} as const satisfies Record<string, ApiEntry>;
export type GuestQuestion = keyof typeof API;
