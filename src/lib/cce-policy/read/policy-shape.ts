// Rego values to the policy's containers, fragments and processes; every member is checked, none is ignored.

import { compareVersions } from './versions.js';
import {
  type Capabilities,
  CAPABILITY_SETS,
  type CapabilitySet,
  type ContainerRule,
  type EnvironmentRule,
  type EnvironmentStrategy,
  type ExecRule,
  type ExternalProcess,
  type FragmentImport,
  type IdNameRule,
  type MountRule,
  type PlainValue,
  type PlatformRule,
  type SignalRule,
  type TransparencyTrustList,
  type UserRule,
} from '../policy-document.js';
import { ANY_USER } from '../text/defaults.js';
import { wholeRule } from './environment-parts.js';
import { type RegoAssignment, RegoParameter, RegoReference, type RegoValue } from './rego-reader.js';

/** Why data of a policy has not the shape that the framework reads. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
  constructor(
    message: string,
    readonly line: number,
  ) {
    super(`line ${line}: ${message}`);
  }
}

/** Where a value stands, for messages. */
interface Place {
  readonly path: string;
  readonly line: number;
}

export function readFragments(assignment: RegoAssignment | undefined): readonly FragmentImport[] {
  return readList(assignment, (value, place) => {
    const members = membersOf(value, place, [
      ...['feed', 'includes', 'issuer', 'minimum_svn', 'parameters', 'required_receipts'],
    ]);
    return {
      feed: members.string('feed'),
      includes: members.list('includes', asString),
      issuer: members.string('issuer'),
      minimum_svn: members.get('minimum_svn', svnText),
      ...(members.has('parameters') ? { parameters: members.get('parameters', plainObject) } : {}),
      ...(members.has('required_receipts')
        ? { required_receipts: members.list('required_receipts', asString) }
        : {}),
    };
  });
}

export function readPlatformRules(assignment: RegoAssignment | undefined): readonly PlatformRule[] {
  return readList(assignment, (value, place) => {
    const members = membersOf(value, place, ['env_rules', 'mounts']);
    return {
      env_rules: members.has('env_rules') ? members.list('env_rules', environmentRule) : [],
      mounts: members.has('mounts') ? members.list('mounts', mountRule) : [],
    };
  });
}

export function readTrustLists(assignment: RegoAssignment | undefined): readonly TransparencyTrustList[] {
  return readList(assignment, (value, place) => {
    const members = membersOf(value, place, ['issuer', 'subject', 'minimum_svn', 'allowed_ledgers']);
    return {
      issuer: members.string('issuer'),
      subject: members.string('subject'),
      minimum_svn: members.get('minimum_svn', svnText),
      allowed_ledgers: members.list('allowed_ledgers', asString),
    };
  });
}

/* An SVN is text in every tool's policies; the guest takes a number as well. */
function svnText(value: RegoValue, place: Place): string {
  return typeof value === 'number' ? String(value) : asString(value, place);
}

function plainObject(value: RegoValue, place: Place): Readonly<Record<string, PlainValue>> {
  if (!(value instanceof Map)) throw shapeError(place, 'not an object');
  return plainValue(value, place) as Readonly<Record<string, PlainValue>>;
}

function plainValue(value: RegoValue, place: Place): PlainValue {
  if (value instanceof RegoReference || value instanceof RegoParameter) {
    throw shapeError(place, 'not a plain value');
  }
  if (Array.isArray(value)) return (value as readonly RegoValue[]).map((item) => plainValue(item, place));
  if (!(value instanceof Map)) return value as null | boolean | number | string;
  const members = [...(value as ReadonlyMap<string, RegoValue>)];
  return Object.fromEntries(members.map(([name, member]) => [name, plainValue(member, place)]));
}

export function readExternalProcesses(assignment: RegoAssignment | undefined): readonly ExternalProcess[] {
  return readList(assignment, (value, place) => {
    const members = membersOf(value, place, ['command', 'env_rules', 'working_dir', 'allow_stdio_access']);
    return {
      command: members.list('command', asString),
      env_rules: members.list('env_rules', environmentRule),
      working_dir: members.string('working_dir'),
      allow_stdio_access: members.boolean('allow_stdio_access'),
    };
  });
}

/* The members that the framework fills in for policies of an older version (hcsshim framework.rego, check_*). */
const SINCE = {
  no_new_privileges: '0.2.0',
  user: '0.2.1',
  capabilities: '0.2.2',
  seccomp_profile_sha256: '0.2.3',
} as const;

const CONTAINER_MEMBERS = [
  ...['allow_elevated', 'allow_stdio_access', 'capabilities', 'command', 'env_rules', 'exec_processes', 'id'],
  ...[
    'layers',
    'mounts',
    'name',
    'no_new_privileges',
    'seccomp_profile_sha256',
    'signals',
    'user',
    'working_dir',
  ],
];

export function readContainers(
  assignment: RegoAssignment | undefined,
  frameworkVersion: string | null,
): readonly ContainerRule[] {
  const predates = (member: keyof typeof SINCE): boolean =>
    frameworkVersion !== null && compareVersions(frameworkVersion, SINCE[member]) < 0;
  return readList(assignment, (value, place) => {
    const members = membersOf(value, place, CONTAINER_MEMBERS);
    return {
      allow_elevated: members.boolean('allow_elevated'),
      allow_stdio_access: members.boolean('allow_stdio_access'),
      capabilities: predates('capabilities') ? null : members.nullable('capabilities', capabilities),
      command: members.nullable('command', stringList),
      env_rules: members.list('env_rules', environmentRule),
      exec_processes: members.list('exec_processes', execRule),
      ...(members.has('id') ? { id: members.string('id') } : {}),
      layers: members.list('layers', asString),
      mounts: members.list('mounts', mountRule),
      ...(members.has('name') ? { name: members.string('name') } : {}),
      no_new_privileges: predates('no_new_privileges') ? false : members.boolean('no_new_privileges'),
      seccomp_profile_sha256: predates('seccomp_profile_sha256')
        ? ''
        : members.string('seccomp_profile_sha256'),
      signals: members.list('signals', signalRule),
      user: predates('user') ? ANY_USER : members.get('user', userRule),
      working_dir: members.string('working_dir'),
    };
  });
}

function environmentRule(value: RegoValue, place: Place): EnvironmentRule {
  if (value instanceof Map && (value as ReadonlyMap<string, RegoValue>).has('name')) {
    return environmentPartsRule(value, place);
  }
  const members = membersOf(value, place, ['pattern', 'required', 'strategy']);
  return {
    pattern: members.string('pattern'),
    required: members.boolean('required'),
    strategy: members.get('strategy', environmentStrategy),
  };
}

/* `required` may be missing here, and is then false. */
function environmentPartsRule(value: RegoValue, place: Place): EnvironmentRule {
  const members = membersOf(value, place, ['name', 'name_strategy', 'value', 'value_strategy', 'required']);
  const parts = {
    name: members.string('name'),
    nameStrategy: members.get('name_strategy', environmentStrategy),
    value: members.string('value'),
    valueStrategy: members.get('value_strategy', environmentStrategy),
  };
  return { ...wholeRule(parts), required: members.has('required') && members.boolean('required'), parts };
}

function environmentStrategy(value: RegoValue, place: Place): EnvironmentStrategy {
  if (value === 'string' || value === 're2') return value;
  throw shapeError(place, `strategy ${typeof value === 'string' ? value : 'that is no text'}`);
}

function mountRule(value: RegoValue, place: Place): MountRule {
  const members = membersOf(value, place, ['destination', 'options', 'source', 'type']);
  return {
    destination: members.string('destination'),
    options: members.list('options', asString),
    source: members.string('source'),
    type: members.string('type'),
  };
}

function execRule(value: RegoValue, place: Place): ExecRule {
  const members = membersOf(value, place, ['command', 'signals']);
  return { command: members.list('command', asString), signals: members.list('signals', signalRule) };
}

function signalRule(value: RegoValue, place: Place): SignalRule {
  if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))) return value;
  throw shapeError(place, 'not a signal');
}

function userRule(value: RegoValue, place: Place): UserRule {
  const members = membersOf(value, place, ['group_idnames', 'umask', 'user_idname']);
  return {
    group_idnames: members.list('group_idnames', idNameRule),
    umask: members.string('umask'),
    user_idname: members.get('user_idname', idNameRule),
  };
}

function idNameRule(value: RegoValue, place: Place): IdNameRule {
  const members = membersOf(value, place, ['pattern', 'strategy']);
  const strategy = members.string('strategy');
  if (strategy !== 'any' && strategy !== 'id' && strategy !== 'name' && strategy !== 're2') {
    throw shapeError(place, `strategy ${strategy}`);
  }
  return { pattern: members.string('pattern'), strategy };
}

function capabilities(value: RegoValue, place: Place): Capabilities {
  const members = membersOf(value, place, CAPABILITY_SETS);
  const sets = CAPABILITY_SETS.map((set): [CapabilitySet, readonly string[]] => [
    set,
    members.list(set, asString),
  ]);
  return Object.fromEntries(sets) as Record<CapabilitySet, readonly string[]>;
}

function asString(value: RegoValue, place: Place): string {
  if (typeof value !== 'string') throw shapeError(place, 'not a string');
  return value;
}

function stringList(value: RegoValue, place: Place): readonly string[] {
  if (!Array.isArray(value)) throw shapeError(place, 'not a list');
  return (value as readonly RegoValue[]).map((item) => asString(item, place));
}

function shapeError(place: Place, what: string): ShapeError {
  return new ShapeError(`${place.path}: ${what}`, place.line);
}

function readList<T>(
  assignment: RegoAssignment | undefined,
  read: (value: RegoValue, place: Place) => T,
): readonly T[] {
  if (assignment === undefined) return [];
  const { name, value, line } = assignment;
  if (!Array.isArray(value)) throw new ShapeError(`${name} is not a list`, line);
  return (value as readonly RegoValue[]).map((item, index) =>
    read(item, { path: `${name}[${index}]`, line }),
  );
}

interface Members {
  has(name: string): boolean;
  get<T>(name: string, read: (value: RegoValue, place: Place) => T): T;
  nullable<T>(name: string, read: (value: RegoValue, place: Place) => T): T | null;
  list<T>(name: string, read: (value: RegoValue, place: Place) => T): readonly T[];
  string(name: string): string;
  boolean(name: string): boolean;
}

/* The members of an object; one that is not allowed, or is a reference, is an error. */
function membersOf(value: RegoValue, place: Place, allowed: readonly string[]): Members {
  if (!(value instanceof Map)) throw shapeError(place, 'not an object');
  const object = value as ReadonlyMap<string, RegoValue>;
  for (const name of object.keys()) {
    if (!allowed.includes(name)) throw shapeError(place, `the member ${JSON.stringify(name)} is not known`);
  }
  const at = (name: string): Place => ({ ...place, path: `${place.path}.${name}` });
  const get = <T>(name: string, read: (member: RegoValue, where: Place) => T): T => {
    const member = object.get(name);
    if (member === undefined) throw shapeError(place, `${name} is missing`);
    if (member instanceof RegoReference) throw shapeError(at(name), `a reference to ${member.path}`);
    return read(member, at(name));
  };
  return {
    has: (name) => object.has(name),
    get,
    nullable: (name, read) => get(name, (member, where) => (member === null ? null : read(member, where))),
    list: (name, read) =>
      get(name, (member, where) => {
        if (!Array.isArray(member)) throw shapeError(where, 'not a list');
        return (member as readonly RegoValue[]).map((item, index) =>
          read(item, { ...where, path: `${where.path}[${index}]` }),
        );
      }),
    string: (name) => get(name, asString),
    boolean: (name) =>
      get(name, (member, where) => {
        if (typeof member !== 'boolean') throw shapeError(where, 'not true or false');
        return member;
      }),
  };
}
