// A fragment's text as data: Rego in a package of its own, with containers and further imports (facts/confcom-policy.md §3.7).

import type { ContainerRule, ExternalProcess, FragmentImport } from '../policy-document.js';
import { readContainers, readExternalProcesses, readFragments, ShapeError } from './policy-shape.js';
import { readRego, type RegoAssignment } from './rego-reader.js';

export interface PolicyFragment {
  readonly namespace: string;
  readonly svn: string;
  readonly frameworkVersion: string;
  readonly containers: readonly ContainerRule[];
  readonly fragments: readonly FragmentImport[];
  readonly externalProcesses: readonly ExternalProcess[];
}

const RESERVED: readonly string[] = ['framework', 'api', 'policy', 'metadata'];
const NAMES: readonly string[] = [
  'svn',
  'framework_version',
  'containers',
  'fragments',
  'external_processes',
];

/**
 * Reads a fragment.
 *
 * @throws RegoFormError or ShapeError for anything that is not in the known form, and for a reserved package name.
 */
export function parseFragment(text: string): PolicyFragment {
  const module = readRego(text);
  const { packageName } = module;
  if (RESERVED.includes(packageName) || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(packageName)) {
    throw new ShapeError(`the package name ${packageName} is not one for a fragment`, 1);
  }
  const byName = new Map<string, RegoAssignment>();
  for (const assignment of module.assignments) {
    if (!NAMES.includes(assignment.name) || byName.has(assignment.name)) {
      throw new ShapeError(`${assignment.name} is not part of a fragment, or stands twice`, assignment.line);
    }
    byName.set(assignment.name, assignment);
  }
  const frameworkVersion = textOf(byName, 'framework_version');
  return {
    namespace: packageName,
    svn: textOf(byName, 'svn'),
    frameworkVersion,
    containers: readContainers(byName.get('containers'), frameworkVersion),
    fragments: readFragments(byName.get('fragments')),
    externalProcesses: readExternalProcesses(byName.get('external_processes')),
  };
}

function textOf(byName: ReadonlyMap<string, RegoAssignment>, name: string): string {
  const assignment = byName.get(name);
  const value = assignment?.value;
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') throw new ShapeError(`${name} is missing or no text`, assignment?.line ?? 1);
  return value;
}
