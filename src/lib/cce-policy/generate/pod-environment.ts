// Variables of a pod's container: what stands in the manifest, and what it takes from elsewhere.

import { CleanroomError } from '../../base/errors.js';
import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromAnyBase64 } from '../../base/bytes/base64.js';
import { WORKLOAD_IDENTITY_ENVIRONMENT } from '../text/virtual-node.js';
import type { NamedEnvironmentRule } from './container-rule.js';
import { anyValueOf, fixedVariable } from './environment-value.js';
import type { JsonFields } from './json-fields.js';

/**
 * refuse: an error. any-value: a pattern that takes everything, which lint finds. as-confcom: a secret's value in clear,
 * which everybody can read, and a pattern for what is elsewhere.
 */
export type UnresolvedReferences = 'refuse' | 'any-value' | 'as-confcom';

/** Values of configuration maps and secrets that stand in the same file, by name and key. */
export interface PodValues {
  readonly configMaps: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly secrets: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export function podValues(objects: readonly JsonFields[]): PodValues {
  const ofKind = (kind: string, members: ValueMembers): ReadonlyMap<string, ReadonlyMap<string, string>> =>
    new Map(
      objects
        .filter((object) => object.optionalString('kind') === kind)
        .map((object) => [object.child('metadata').string('name'), valuesOf(object, members)]),
    );
  return {
    configMaps: ofKind('ConfigMap', { plain: 'data', encoded: 'binaryData' }),
    secrets: ofKind('Secret', { plain: 'stringData', encoded: 'data' }),
  };
}

interface ValueMembers {
  readonly plain: string;
  readonly encoded: string;
}

function valuesOf(object: JsonFields, { plain, encoded }: ValueMembers): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const name of object.names(encoded)) {
    const bytes = fromAnyBase64(object.child(encoded).string(name));
    const text = bytes === null ? null : decodeUtf8(bytes);
    if (text === null) throw object.fail(`${encoded}.${name}`, 'is not base64 of text');
    values.set(name, text);
  }
  for (const name of object.names(plain)) values.set(name, object.child(plain).optionalString(name) ?? '');
  return values;
}

export interface PodEnvironmentOptions {
  readonly unresolved: UnresolvedReferences;
  readonly workloadIdentity: boolean;
}

/** Workload identity first, then the manifest's variables in their order. */
export function podEnvironment(
  container: JsonFields,
  values: PodValues,
  { unresolved, workloadIdentity }: PodEnvironmentOptions,
): readonly NamedEnvironmentRule[] {
  if (container.list('envFrom').length > 0) {
    throw container.fail('envFrom', 'names no variables, and a policy must: list them under env');
  }
  const identity = workloadIdentity
    ? WORKLOAD_IDENTITY_ENVIRONMENT.map((rule) => ({ name: rule.pattern.split('=')[0] ?? '', rule }))
    : [];
  const own = container
    .children('env')
    .map((variable) => readVariable(variable, container, values, unresolved));
  return [...identity, ...own];
}

function readVariable(
  variable: JsonFields,
  container: JsonFields,
  values: PodValues,
  unresolved: UnresolvedReferences,
): NamedEnvironmentRule {
  const name = variable.string('name');
  if (variable.get('valueFrom') === undefined) {
    const value = variable.optionalString('value') ?? '';
    return fixedVariable(name, value);
  }
  const source = variable.child('valueFrom');
  if (source.get('fieldRef') !== undefined) return anyValueOf(name);
  if (source.get('resourceFieldRef') !== undefined) {
    return fixedVariable(name, resourceValue(source.child('resourceFieldRef'), container));
  }
  if (source.get('configMapKeyRef') !== undefined) {
    const value = valueOf(source.child('configMapKeyRef'), values.configMaps);
    if (value !== null) return fixedVariable(name, value);
    if (unresolved !== 'refuse') return anyValueOf(name);
    throw elsewhere(name, 'a configuration map');
  }
  if (source.get('secretKeyRef') === undefined)
    throw source.fail('', 'is none of the references that are known');
  return secretVariable(name, valueOf(source.child('secretKeyRef'), values.secrets), unresolved);
}

function secretVariable(
  name: string,
  value: string | null,
  unresolved: UnresolvedReferences,
): NamedEnvironmentRule {
  if (unresolved === 'any-value' || (value === null && unresolved === 'as-confcom')) return anyValueOf(name);
  if (value === null) throw elsewhere(name, 'a secret');
  if (unresolved === 'as-confcom') return fixedVariable(name, value);
  throw new CleanroomError(
    'SECRET_IN_POLICY',
    `the variable ${name} is a key of a secret, whose value would stand in the policy in clear text`,
  );
}

function elsewhere(name: string, what: string): CleanroomError {
  return new CleanroomError(
    'TEMPLATE_PARAMETER_UNRESOLVED',
    `the variable ${name} is a key of ${what} that is not in the file`,
  );
}

function valueOf(
  reference: JsonFields,
  objects: ReadonlyMap<string, ReadonlyMap<string, string>>,
): string | null {
  return objects.get(reference.string('name'))?.get(reference.string('key')) ?? null;
}

/* The amount as it is written, as confcom has it; only this container's own is known to be the one that counts. */
function resourceValue(reference: JsonFields, container: JsonFields): string {
  const owner = reference.optionalString('containerName') ?? container.string('name');
  if (owner !== container.string('name'))
    throw reference.fail('containerName', `is ${owner}, another container`);
  if (reference.get('divisor') !== undefined) throw reference.fail('divisor', 'is not supported');
  const [section = '', resource = ''] = reference.string('resource').split('.');
  const amount = container.child('resources').child(section).get(resource);
  if (typeof amount !== 'string' && typeof amount !== 'number') {
    throw reference.fail('resource', `is ${section}.${resource}, which the container does not set`);
  }
  return String(amount);
}
