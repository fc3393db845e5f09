// A fragment's text as data: Rego in a package of its own, with containers, further imports and what else an import may
// include. `parameter("name")` is filled in as the guest does before it loads the text (hcsshim, fragment_definition.rego).

import type {
  ContainerRule,
  ExternalProcess,
  FragmentImport,
  PlainValue,
  PlatformRule,
  TransparencyTrustList,
} from '../policy-document.js';
import {
  readContainers,
  readExternalProcesses,
  readFragments,
  readPlatformRules,
  readTrustLists,
  ShapeError,
} from './policy-shape.js';
import { readRego, type RegoAssignment, RegoParameter, type RegoValue } from './rego-reader.js';

export type FragmentParameters = Readonly<Record<string, PlainValue>>;

export interface PolicyFragment {
  readonly namespace: string;
  /** Null where the text has none: the SVN is then the envelope's. */
  readonly svn: string | null;
  readonly frameworkVersion: string | null;
  readonly containers: readonly ContainerRule[];
  readonly fragments: readonly FragmentImport[];
  readonly externalProcesses: readonly ExternalProcess[];
  readonly platformRules: readonly PlatformRule[];
  readonly trustLists: readonly TransparencyTrustList[];
}

const RESERVED: readonly string[] = ['framework', 'api', 'policy', 'metadata'];
const NAMES: readonly string[] = [
  ...['svn', 'framework_version', 'containers', 'fragments', 'external_processes', 'platform_rules'],
  ...['transparency_trust_lists', 'parameters_api'],
];

const FIRST_LINE = /^package +([A-Za-z_][A-Za-z0-9_]*)\s*$/;

/** What a guest says of a text whose first line names no package that a fragment may have (hcsshim, parseNamespace); or null. */
export function namespaceProblem(text: string): string | null {
  const [firstLine = ''] = text.split('\n', 1);
  if (firstLine === '') return 'unable to load fragment: Fragment Rego is empty';
  const [, namespace] = FIRST_LINE.exec(firstLine) ?? [];
  if (namespace === undefined)
    return `unable to load fragment: valid package definition required on first line, got ${JSON.stringify(firstLine)}`;
  return RESERVED.includes(namespace)
    ? `unable to load fragment: namespace "${namespace}" is reserved and cannot be used for fragments`
    : null;
}

/**
 * Reads a fragment as it is with these parameters. A part in which a parameter has neither value nor default is left out,
 * as the guest leaves out what is undefined.
 *
 * @throws RegoFormError or ShapeError for anything that is not in the known form, a package clause that is not alone on the
 *   first line, and a reserved package name.
 */
export function parseFragment(text: string, parameters: FragmentParameters = {}): PolicyFragment {
  const module = readRego(text, 'fragment');
  const { packageName } = module;
  if (namespaceProblem(text) !== null) {
    throw new ShapeError(`the first line names no package for a fragment: ${packageName}`, 1);
  }
  const byName = new Map<string, RegoAssignment>();
  for (const assignment of module.assignments) {
    if (!NAMES.includes(assignment.name) || byName.has(assignment.name)) {
      throw new ShapeError(`${assignment.name} is not part of a fragment, or stands twice`, assignment.line);
    }
    byName.set(assignment.name, assignment);
  }
  const filled = filledIn(byName, parameters);
  const frameworkVersion = textOf(filled, 'framework_version');
  return {
    namespace: packageName,
    svn: textOf(filled, 'svn'),
    frameworkVersion,
    containers: readContainers(filled.get('containers'), frameworkVersion),
    fragments: readFragments(filled.get('fragments')),
    externalProcesses: readExternalProcesses(filled.get('external_processes')),
    platformRules: readPlatformRules(filled.get('platform_rules')),
    trustLists: readTrustLists(filled.get('transparency_trust_lists')),
  };
}

/* Every assignment with its parameters replaced; one with an undefined parameter is undefined. */
function filledIn(
  byName: ReadonlyMap<string, RegoAssignment>,
  parameters: FragmentParameters,
): ReadonlyMap<string, RegoAssignment> {
  const api = byName.get('parameters_api')?.value;
  const lookUp = ({ name, members }: RegoParameter): RegoValue | undefined => {
    const given = Object.hasOwn(parameters, name)
      ? fromPlain(parameters[name] ?? null)
      : defaultOf(api, name);
    return members.reduce<RegoValue | undefined>((value, member) => memberOf(value, member), given);
  };
  const filled = new Map<string, RegoAssignment>();
  for (const [name, assignment] of byName) {
    const value = fill(assignment.value, lookUp);
    if (value !== undefined) filled.set(name, { ...assignment, value });
  }
  return filled;
}

function defaultOf(api: RegoValue | undefined, name: string): RegoValue | undefined {
  return memberOf(memberOf(api, name), 'default');
}

function memberOf(value: RegoValue | undefined, name: string): RegoValue | undefined {
  return value instanceof Map ? (value as ReadonlyMap<string, RegoValue>).get(name) : undefined;
}

function fill(
  value: RegoValue,
  lookUp: (parameter: RegoParameter) => RegoValue | undefined,
): RegoValue | undefined {
  if (value instanceof RegoParameter) return lookUp(value);
  if (Array.isArray(value)) {
    const items = (value as readonly RegoValue[]).map((item) => fill(item, lookUp));
    return items.includes(undefined) ? undefined : (items as readonly RegoValue[]);
  }
  if (!(value instanceof Map)) return value;
  const members = new Map<string, RegoValue>();
  for (const [name, member] of value as ReadonlyMap<string, RegoValue>) {
    const replaced = fill(member, lookUp);
    if (replaced === undefined) return undefined;
    members.set(name, replaced);
  }
  return members;
}

function fromPlain(value: PlainValue): RegoValue {
  if (Array.isArray(value)) return (value as readonly PlainValue[]).map(fromPlain);
  if (typeof value !== 'object' || value === null) return value;
  return new Map(Object.entries(value).map(([name, member]) => [name, fromPlain(member)]));
}

function textOf(byName: ReadonlyMap<string, RegoAssignment>, name: string): string | null {
  const assignment = byName.get(name);
  if (assignment === undefined) return null;
  const { value, line } = assignment;
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') throw new ShapeError(`${name} is no text`, line);
  return value;
}
