// The data of a CCE policy: what confcom writes and the guest's framework reads. Names are the policy's own.

export type EnvironmentStrategy = 'string' | 're2';

/** A rule of framework 0.5 that judges name and value apart; the name ends at the first `=`. */
export interface EnvironmentParts {
  readonly name: string;
  readonly nameStrategy: EnvironmentStrategy;
  readonly value: string;
  readonly valueStrategy: EnvironmentStrategy;
}

/** One rule for environment variables; `pattern` is about the whole `NAME=VALUE`. */
export interface EnvironmentRule {
  readonly pattern: string;
  readonly required: boolean;
  readonly strategy: EnvironmentStrategy;
  /** Where the rule is written in parts. `pattern` then takes at least what they take, for whoever asks for danger only. */
  readonly parts?: EnvironmentParts;
}

export interface MountRule {
  readonly destination: string;
  readonly options: readonly string[];
  /** A path, or a regular expression after `sandbox://`. */
  readonly source: string;
  readonly type: string;
}

/** A signal by number; confcom leaves names it does not know as they are. */
export type SignalRule = number | string;

export interface ExecRule {
  readonly command: readonly string[];
  readonly signals: readonly SignalRule[];
}

export type IdNameStrategy = 'any' | 'id' | 'name' | 're2';

export interface IdNameRule {
  readonly pattern: string;
  readonly strategy: IdNameStrategy;
}

export interface UserRule {
  readonly group_idnames: readonly IdNameRule[];
  readonly umask: string;
  readonly user_idname: IdNameRule;
}

export const CAPABILITY_SETS = ['ambient', 'bounding', 'effective', 'inheritable', 'permitted'] as const;
export type CapabilitySet = (typeof CAPABILITY_SETS)[number];
export type Capabilities = Readonly<Record<CapabilitySet, readonly string[]>>;

/** What one container may be. */
export interface ContainerRule {
  readonly allow_elevated: boolean;
  readonly allow_stdio_access: boolean;
  /** Null in policies for old guests: the guest's defaults. */
  readonly capabilities: Capabilities | null;
  /** Null where neither input nor image names one; the guest then starts nothing. */
  readonly command: readonly string[] | null;
  readonly env_rules: readonly EnvironmentRule[];
  readonly exec_processes: readonly ExecRule[];
  /** The image reference; a label without meaning to the guest. */
  readonly id?: string;
  /** dm-verity root hashes, base layer first. */
  readonly layers: readonly string[];
  readonly mounts: readonly MountRule[];
  /** A label without meaning to the guest. */
  readonly name?: string;
  readonly no_new_privileges: boolean;
  readonly seccomp_profile_sha256: string;
  readonly signals: readonly SignalRule[];
  readonly user: UserRule;
  readonly working_dir: string;
}

/** Signed Rego that the guest may load beside the policy. */
export interface FragmentImport {
  readonly feed: string;
  readonly includes: readonly string[];
  /** did:x509 of the signer. */
  readonly issuer: string;
  readonly minimum_svn: string;
  /** What `parameter(name)` stands for in the fragment; each import with parameters is one set. */
  readonly parameters?: Readonly<Record<string, PlainValue>>;
  /** Receipts that the fragment must carry: a ledger, `TTL:` and the subject of a trust list, or `*` for any. */
  readonly required_receipts?: readonly string[];
}

/** JSON, as a policy has it. */
export type PlainValue =
  null | boolean | number | string | readonly PlainValue[] | { readonly [name: string]: PlainValue };

/** Variables and mounts that are added to every container (framework 0.5). */
export interface PlatformRule {
  readonly env_rules: readonly EnvironmentRule[];
  readonly mounts: readonly MountRule[];
}

/** A list of transparency ledgers' keys that may be loaded, and for which ledgers (framework 0.5). */
export interface TransparencyTrustList {
  readonly issuer: string;
  readonly subject: string;
  readonly minimum_svn: string;
  /** Names of ledgers; `*` is any. */
  readonly allowed_ledgers: readonly string[];
}

/** A process outside any container; confcom writes none. */
export interface ExternalProcess {
  readonly command: readonly string[];
  readonly env_rules: readonly EnvironmentRule[];
  readonly working_dir: string;
  readonly allow_stdio_access: boolean;
}

export const POLICY_FLAGS = [
  'allow_properties_access',
  'allow_dump_stacks',
  'allow_runtime_logging',
  'allow_environment_variable_dropping',
  'allow_unencrypted_scratch',
  'allow_capability_dropping',
  'allow_host_network',
] as const;
export type PolicyFlag = (typeof POLICY_FLAGS)[number];
export type PolicyFlags = Readonly<Record<PolicyFlag, boolean>>;

/** What goes into a policy's text besides its profile. */
export interface PolicyContent {
  readonly fragments: readonly FragmentImport[];
  readonly containers: readonly ContainerRule[];
  readonly flags: PolicyFlags;
}
