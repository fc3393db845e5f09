// A container group as an ARM template and as Bicep. Secrets are secure parameters; neither file holds one.

import type { ContainerGroupDescription, GroupContainer, GroupVariable } from './container-group.js';

const API_VERSION = '2023-05-01';

/** The ARM template, for `az deployment group create` or the portal. */
export function renderArmTemplate(group: ContainerGroupDescription): string {
  const template = {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    parameters: Object.fromEntries(
      secureVariables(group).map((name) => [parameterName(name), { type: 'securestring' }]),
    ),
    resources: [armResource(group)],
  };
  return `${JSON.stringify(template, null, 2)}\n`;
}

/** The resource as Azure Resource Manager takes it on the wire; secure values are references to parameters. */
export function armResource(group: ContainerGroupDescription): Record<string, unknown> {
  return {
    type: 'Microsoft.ContainerInstance/containerGroups',
    apiVersion: API_VERSION,
    name: group.name,
    location: group.location,
    tags: group.tags,
    ...(group.identity === null
      ? {}
      : { identity: { type: 'UserAssigned', userAssignedIdentities: { [group.identity]: {} } } }),
    properties: {
      sku: 'Confidential',
      confidentialComputeProperties: { ccePolicy: group.ccePolicy },
      osType: 'Linux',
      restartPolicy: group.restartPolicy,
      containers: group.containers.map(armContainer),
      ipAddress: {
        type: 'Public',
        ports: group.publicPorts.map((port) => ({ port, protocol: 'TCP' })),
        ...(group.dnsNameLabel === null ? {} : { dnsNameLabel: group.dnsNameLabel }),
      },
    },
  };
}

function armContainer(container: GroupContainer): Record<string, unknown> {
  return {
    name: container.name,
    properties: {
      image: container.image,
      ...(container.command === null ? {} : { command: container.command }),
      ports: container.ports.map((port) => ({ port, protocol: 'TCP' })),
      environmentVariables: container.environment.map(({ name, value, secure }) =>
        secure ? { name, secureValue: `[parameters('${parameterName(name)}')]` } : { name, value },
      ),
      resources: { requests: { cpu: container.cpu, memoryInGB: container.memoryGiB } },
    },
  };
}

/** The same group as Bicep. */
export function renderBicep(group: ContainerGroupDescription): string {
  const parameters = secureVariables(group).map((name) => `@secure()\nparam ${parameterName(name)} string\n`);
  const { type, apiVersion, ...body } = armResource(group);
  return `${parameters.join('\n')}\nresource group '${String(type)}@${String(apiVersion)}' = ${bicepValue(body, 0)}\n`;
}

function bicepValue(value: unknown, depth: number): string {
  const indent = '  '.repeat(depth + 1);
  const close = '  '.repeat(depth);
  if (typeof value === 'string') return bicepString(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : `json('${String(value)}')`;
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => `${indent}${bicepValue(item, depth + 1)}\n`).join('')}${close}]`;
  }
  const members = Object.entries(value as Record<string, unknown>);
  if (members.length === 0) return '{}';
  const lines = members.map(
    ([name, member]) => `${indent}${bicepName(name)}: ${bicepValue(member, depth + 1)}\n`,
  );
  return `{\n${lines.join('')}${close}}`;
}

function bicepName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : bicepString(name);
}

function bicepString(text: string): string {
  const parameter = /^\[parameters\('([A-Za-z0-9]+)'\)\]$/.exec(text);
  if (parameter?.[1] !== undefined) return parameter[1];
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('${', '\\${')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `'${escaped}'`;
}

function secureVariables(group: ContainerGroupDescription): readonly string[] {
  const all = group.containers.flatMap((container): readonly GroupVariable[] => container.environment);
  return [...new Set(all.filter(({ secure }) => secure).map(({ name }) => name))];
}

/** `CLEANROOM_SAS_STATE` as `cleanroomSasState`. */
function parameterName(variable: string): string {
  return variable.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
