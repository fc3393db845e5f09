// A policy's text as data: what each enforcement point answers, and what the framework is given. A text that is not
// wholly understood is of unknown form, which every reader of a model must treat as unsafe.

import { sha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';
import {
  type ContainerRule,
  type ExternalProcess,
  type FragmentImport,
  POLICY_FLAGS,
  type PlatformRule,
  type PolicyFlag,
  type TransparencyTrustList,
} from '../policy-document.js';
import {
  readContainers,
  readExternalProcesses,
  readFragments,
  readPlatformRules,
  readTrustLists,
  ShapeError,
} from './policy-shape.js';
import {
  readRego,
  type RegoAssignment,
  RegoFormError,
  type RegoModule,
  RegoReference,
  type RegoValue,
} from './rego-reader.js';

/** What a policy answers at an enforcement point: the framework's decision, or always the same. */
export type PointRule =
  | { readonly kind: 'framework' }
  | { readonly kind: 'always'; readonly allowed: boolean; readonly stdioAllowed: boolean };

export interface KnownPolicy {
  readonly form: 'known';
  readonly raw: string;
  readonly hash: Sha256Hex;
  readonly apiVersion: string | null;
  readonly frameworkVersion: string | null;
  readonly fragments: readonly FragmentImport[];
  readonly containers: readonly ContainerRule[];
  readonly externalProcesses: readonly ExternalProcess[];
  /** Whether the text has `external_processes`: without them, older frameworks take none of a fragment's either. */
  readonly namesExternalProcesses: boolean;
  readonly platformRules: readonly PlatformRule[];
  readonly trustLists: readonly TransparencyTrustList[];
  /** Only those that the text sets. */
  readonly flags: Readonly<Partial<Record<PolicyFlag, boolean>>>;
  readonly points: ReadonlyMap<string, PointRule>;
}

export interface UnknownPolicy {
  readonly form: 'unknown';
  readonly raw: string;
  readonly hash: Sha256Hex;
  /** What in the text was not understood. */
  readonly problem: string;
  readonly line: number;
}

export type PolicyModel = KnownPolicy | UnknownPolicy;

/** Every question that a guest may ask a Linux policy; a text may answer these and no others. */
export const KNOWN_POINTS: readonly string[] = [
  ...['mount_device', 'unmount_device', 'rw_mount_device', 'rw_unmount_device', 'mount_overlay'],
  ...['unmount_overlay', 'mount_blockdev', 'unmount_blockdev', 'mount_cims', 'create_container'],
  ...['exec_in_container', 'exec_external', 'shutdown_container', 'signal_container_process', 'plan9_mount'],
  ...['plan9_unmount', 'get_properties', 'dump_stacks', 'runtime_logging', 'load_fragment', 'scratch_mount'],
  ...['scratch_unmount', 'registry_changes', 'log_provider', 'load_transparency_trust_list', 'host_network'],
];

const IMPORTS: readonly string[] = ['future.keywords.every', 'future.keywords.in', 'rego.v1'];
const VERSION = /^\d+\.\d+\.\d+$/;

/** Reads a policy. Never throws: a text that is not in the known form gives a model that says why. */
export function parsePolicy(text: string): PolicyModel {
  const hash = sha256Hex(text);
  try {
    return { form: 'known', raw: text, hash, ...interpretModule(readRego(text)) };
  } catch (cause) {
    if (cause instanceof RegoFormError || cause instanceof ShapeError) {
      return { form: 'unknown', raw: text, hash, problem: cause.message, line: cause.line };
    }
    throw cause;
  }
}

type Interpretation = Omit<KnownPolicy, 'form' | 'raw' | 'hash'>;

function interpretModule(module: RegoModule): Interpretation {
  if (module.packageName !== 'policy') throw new ShapeError(`the package is ${module.packageName}`, 1);
  for (const path of module.imports) {
    if (!IMPORTS.includes(path)) throw new ShapeError(`import of ${path}`, 1);
  }
  const byName = assignmentsByName(module.assignments);
  const points = new Map<string, PointRule>();
  for (const assignment of byName.values()) {
    if (KNOWN_POINTS.includes(assignment.name)) points.set(assignment.name, pointRule(assignment));
  }
  checkReason(byName.get('reason'));
  const frameworkVersion = versionOf(byName, 'framework_version', 'framework_svn');
  return {
    apiVersion: versionOf(byName, 'api_version', 'api_svn'),
    frameworkVersion,
    fragments: readFragments(byName.get('fragments')),
    containers: readContainers(byName.get('containers'), frameworkVersion),
    externalProcesses: readExternalProcesses(byName.get('external_processes')),
    namesExternalProcesses: byName.has('external_processes'),
    platformRules: readPlatformRules(byName.get('platform_rules')),
    trustLists: readTrustLists(byName.get('transparency_trust_lists')),
    flags: readFlags(byName),
    points,
  };
}

const DATA_NAMES: readonly string[] = [
  ...['api_version', 'api_svn', 'framework_version', 'framework_svn', 'fragments', 'containers'],
  ...['external_processes', 'platform_rules', 'transparency_trust_lists', 'reason'],
  'allow_log_provider_dropping',
  ...POLICY_FLAGS,
];

function assignmentsByName(assignments: readonly RegoAssignment[]): ReadonlyMap<string, RegoAssignment> {
  const byName = new Map<string, RegoAssignment>();
  for (const assignment of assignments) {
    const { name, line } = assignment;
    if (!DATA_NAMES.includes(name) && !KNOWN_POINTS.includes(name)) {
      throw new ShapeError(`${name} is not part of a CCE policy`, line);
    }
    if (byName.has(name)) throw new ShapeError(`${name} is assigned twice`, line);
    byName.set(name, assignment);
  }
  return byName;
}

function pointRule({ name, value, line }: RegoAssignment): PointRule {
  if (value instanceof RegoReference) {
    if (value.path !== `data.framework.${name}`)
      throw new ShapeError(`${name} refers to ${value.path}`, line);
    return { kind: 'framework' };
  }
  if (!(value instanceof Map)) throw new ShapeError(`${name} is not a decision`, line);
  const decision = value as ReadonlyMap<string, RegoValue>;
  const { allowed, stdio } = decisionMembers(name, decision, line);
  return { kind: 'always', allowed, stdioAllowed: stdio };
}

function decisionMembers(
  name: string,
  decision: ReadonlyMap<string, RegoValue>,
  line: number,
): { readonly allowed: boolean; readonly stdio: boolean } {
  for (const member of decision.keys()) {
    if (
      ![
        'allowed',
        'allow_stdio_access',
        'env_list',
        'add_module',
        'providers_to_keep',
        'allowed_ledgers',
      ].includes(member)
    ) {
      throw new ShapeError(`${name} answers ${member}`, line);
    }
  }
  const allowed = decision.get('allowed');
  const stdio = decision.get('allow_stdio_access') ?? false;
  const environment = decision.get('env_list') ?? null;
  if (typeof allowed !== 'boolean' || typeof stdio !== 'boolean' || environment !== null) {
    throw new ShapeError(`${name} is not a plain decision`, line);
  }
  return { allowed, stdio };
}

function checkReason(reason: RegoAssignment | undefined): void {
  if (reason === undefined) return;
  const { value, line } = reason;
  const members = value instanceof Map ? [...(value as ReadonlyMap<string, RegoValue>).values()] : [value];
  const known = members.every(
    (member) =>
      member instanceof RegoReference &&
      ['data.framework.errors', 'data.framework.error_objects', 'data.framework.reason'].includes(
        member.path,
      ),
  );
  if (!known) throw new ShapeError('reason is not the framework’s', line);
}

function versionOf(
  byName: ReadonlyMap<string, RegoAssignment>,
  name: string,
  oldName: string,
): string | null {
  if (byName.has(name) && byName.has(oldName)) {
    throw new ShapeError(`both ${name} and ${oldName}`, byName.get(oldName)?.line ?? 1);
  }
  const assignment = byName.get(name) ?? byName.get(oldName);
  if (assignment === undefined) return null;
  if (typeof assignment.value !== 'string' || !VERSION.test(assignment.value)) {
    throw new ShapeError(`${assignment.name} is not a version`, assignment.line);
  }
  return assignment.value;
}

function readFlags(byName: ReadonlyMap<string, RegoAssignment>): Partial<Record<PolicyFlag, boolean>> {
  const flags: Partial<Record<PolicyFlag, boolean>> = {};
  for (const flag of POLICY_FLAGS) {
    const assignment = byName.get(flag);
    if (assignment === undefined) continue;
    if (typeof assignment.value !== 'boolean')
      throw new ShapeError(`${flag} is not true or false`, assignment.line);
    flags[flag] = assignment.value;
  }
  return flags;
}
