// ARM templates: the container groups of a template, as deployments (confcom).

import type { Json } from '../../base/bytes/canonical-json.js';
import { CleanroomError } from '../../base/errors.js';
import type { MountRule } from '../policy-document.js';
import { bindMount, MOUNT_SOURCES, type MountKind } from '../text/defaults.js';
import { resolveText, substitute, type TemplateScope, templateScope } from './arm-expressions.js';
import type { ContainerInput, NamedEnvironmentRule } from './container-rule.js';
import { anyValueOf, fixedVariable, pythonText } from './environment-value.js';
import { type Deployment, probeProcesses, readSecurityContext } from './deployment.js';
import { JsonFields, parseJsonFile } from './json-fields.js';

const GROUP_TYPES: readonly string[] = [
  'Microsoft.ContainerInstance/containerGroups',
  'Microsoft.ContainerInstance/containerGroupProfiles',
];

export interface TemplateOptions {
  /** Text of the parameters file. */
  readonly parameters: string | null;
  /** What becomes of a variable whose value is a parameter without a value. */
  readonly unresolved: 'refuse' | 'any-value';
}

/**
 * The container groups of a template, in order.
 *
 * @throws CleanroomError JSON_MALFORMED, TEMPLATE_INVALID, TEMPLATE_PARAMETER_UNKNOWN, TEMPLATE_PARAMETER_UNRESOLVED,
 *   SECRET_IN_POLICY for a secureValue that would stand in the policy.
 */
export function parseTemplate(text: string, options: TemplateOptions): readonly Deployment[] {
  const template = JsonFields.of(parseJsonFile(text, 'the template'), 'template', 'TEMPLATE_INVALID');
  const parameters =
    options.parameters === null
      ? null
      : JsonFields.of(
          parseJsonFile(options.parameters, 'the parameters file'),
          'parameters file',
          'TEMPLATE_INVALID',
        );
  const scope = templateScope(template, parameters);
  const groups = containerGroups(template);
  if (groups.length === 0) {
    throw new CleanroomError('TEMPLATE_INVALID', 'the template has no container group among its resources');
  }
  return groups.map((group) => readGroup(group, scope, options.unresolved));
}

/** The resources of a template that are container groups. */
export function containerGroups(template: JsonFields): readonly JsonFields[] {
  return template
    .children('resources')
    .filter((resource) => GROUP_TYPES.includes(resource.optionalString('type') ?? ''));
}

function readGroup(
  group: JsonFields,
  scope: TemplateScope,
  unresolved: TemplateOptions['unresolved'],
): Deployment {
  const properties = group.child('properties');
  refuseUnsupported(properties);
  const volumes = properties.children('volumes');
  const containers = [...properties.children('containers'), ...properties.children('initContainers')];
  if (containers.length === 0) throw properties.fail('containers', 'is missing');
  const tags = group.get('tags');
  return {
    name: displayName(group, scope),
    containers: containers.map((container) => readContainer(container, volumes, scope, unresolved)),
    fragments: [],
    platform: 'aci',
    zeroSidecar:
      tags === undefined || group.names('tags').length === 0
        ? null
        : group.child('tags').boolean('Annotate-zero-sidecar', false),
  };
}

/* What no policy of ours would say, and a deployment would have all the same. */
function refuseUnsupported(properties: JsonFields): void {
  const osType = properties.optionalString('osType') ?? 'Linux';
  if (osType.toLowerCase() !== 'linux')
    throw properties.fail('osType', `is ${osType}; only Linux is supported`);
  for (const holder of [properties, properties.child('confidentialComputeProperties')]) {
    if (holder.list('standaloneFragments').length > 0) {
      throw holder.fail(
        'standaloneFragments',
        'cannot stand in a policy: import their feeds with --fragments-json',
      );
    }
  }
}

/* A group's name is for people only: one that no expression of ours resolves stays as it is. */
function displayName(group: JsonFields, scope: TemplateScope): string {
  const name = group.string('name');
  try {
    return resolveText(name, scope, group.at('name'));
  } catch {
    return name;
  }
}

function readContainer(
  container: JsonFields,
  volumes: readonly JsonFields[],
  scope: TemplateScope,
  unresolved: TemplateOptions['unresolved'],
): ContainerInput {
  const properties = container.child('properties');
  if (properties.get('configMap') !== undefined) throw properties.fail('configMap', 'is not supported');
  const resolve = (text: string, name: string): string => resolveText(text, scope, properties.at(name));
  const workingDir = properties.optionalString('workingDir');
  return {
    name: resolveText(container.string('name'), scope, container.at('name')),
    image: resolve(properties.string('image'), 'image'),
    command: properties.strings('command').map((argument) => resolve(argument, 'command')),
    environment: properties
      .children('environmentVariables')
      .map((variable) => readVariable(variable, scope, unresolved)),
    mounts: properties.children('volumeMounts').map((mount) => readMount(mount, volumes, resolve)),
    execProcesses: probeProcesses(properties).map((process) => ({
      ...process,
      command: process.command.map((argument) => resolve(argument, 'probe')),
    })),
    workingDir: workingDir === null ? null : resolve(workingDir, 'workingDir'),
    securityContext: readSecurityContext(properties),
  };
}

function readVariable(
  variable: JsonFields,
  scope: TemplateScope,
  unresolved: TemplateOptions['unresolved'],
): NamedEnvironmentRule {
  const name = resolveText(variable.string('name'), scope, variable.at('name'));
  const secret = variable.optionalString('secureValue');
  const value = variable.get('value') ?? secret ?? undefined;
  if (value === undefined) throw variable.fail('value', 'is missing');
  const outcome = substitute(plainText(value, variable), scope, variable.at('value'));
  if (outcome.resolved) {
    if (secret !== null) throw secretInPolicy(name);
    return fixedVariable(name, outcome.text);
  }
  if (unresolved === 'refuse') {
    throw new CleanroomError(
      'TEMPLATE_PARAMETER_UNRESOLVED',
      `the variable ${name} is the parameter ${outcome.parameter}, which has no value and no default`,
    );
  }
  return anyValueOf(name);
}

function plainText(value: Json, variable: JsonFields): string {
  if (typeof value === 'object') throw variable.fail('value', 'is not plain text');
  return pythonText(value);
}

function secretInPolicy(name: string): CleanroomError {
  return new CleanroomError(
    'SECRET_IN_POLICY',
    `the variable ${name} has a secureValue, which would stand in the policy in clear text`,
  );
}

function readMount(
  mount: JsonFields,
  volumes: readonly JsonFields[],
  resolve: (text: string, name: string) => string,
): MountRule {
  const name = resolve(mount.string('name'), 'volumeMounts');
  const volume = volumes.find((candidate) => resolve(candidate.string('name'), 'volumes') === name);
  if (volume === undefined) throw mount.fail('name', `is ${name}, and the group has no such volume`);
  const kind = (Object.keys(MOUNT_SOURCES) as MountKind[]).find((type) => volume.get(type) !== undefined);
  if (kind === undefined) {
    const types = volume.ownNames().filter((member) => member.toLowerCase() !== 'name');
    throw volume.fail('name', `is ${name}, of the type ${types.join(', ')}, which no policy can describe`);
  }
  const path = resolve(mount.string('mountPath'), 'mountPath');
  return bindMount(kind, path, mount.boolean('readOnly', false) ? 'ro' : 'rw');
}

/**
 * The template with a policy in the group of that position among its container groups; key order kept.
 *
 * @throws CleanroomError JSON_MALFORMED, TEMPLATE_INVALID
 */
export function injectPolicy(text: string, groupIndex: number, policyBase64: string): string {
  const template = parseJsonFile(text, 'the template');
  const fields = JsonFields.of(template, 'template', 'TEMPLATE_INVALID');
  const chosen = containerGroups(fields)[groupIndex];
  if (chosen === undefined)
    throw new CleanroomError('TEMPLATE_INVALID', 'the template has no such container group');
  const position = Number(/\[(\d+)\]$/.exec(chosen.path)?.[1]);
  const root = structuredClone(template) as Mutable;
  const group = memberOf(root, 'resources')[position] as Mutable;
  const confidential = memberOf(memberOf(group, 'properties'), 'confidentialComputeProperties');
  const key = Object.keys(confidential).find((name) => name.toLowerCase() === 'ccepolicy') ?? 'ccePolicy';
  confidential[key] = policyBase64;
  return `${JSON.stringify(root, null, 2)}\n`;
}

interface Mutable {
  [name: string]: unknown;
}

/* The member in whatever spelling it has, made where it is missing. */
function memberOf(object: Mutable, name: string): Mutable {
  const key = Object.keys(object).find((candidate) => candidate.toLowerCase() === name.toLowerCase()) ?? name;
  object[key] ??= {};
  return object[key] as Mutable;
}
