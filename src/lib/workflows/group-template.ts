// A container group as an ARM template and as Bicep. Secrets are secure parameters; neither file holds one.

import { renderArm } from '../arm/render-arm.js';
import { renderBicep as renderTemplateAsBicep } from '../arm/render-bicep.js';
import { parameter, type Template, type TemplateValue } from '../arm/template.js';
import type { ContainerGroupDescription, GroupContainer, GroupVariable } from './container-group.js';

const API_VERSION = '2023-05-01';

/** The ARM template, for `az deployment group create` or the portal. */
export function renderArmTemplate(group: ContainerGroupDescription): string {
  return renderArm(describeTemplate(group));
}

/** The same group as Bicep. */
export function renderBicep(group: ContainerGroupDescription): string {
  return renderTemplateAsBicep(describeTemplate(group));
}

function describeTemplate(group: ContainerGroupDescription): Template {
  return {
    parameters: Object.fromEntries(
      secureVariables(group).map((name) => [parameterName(name), { type: 'securestring' }]),
    ),
    resources: [
      {
        symbol: 'group',
        type: 'Microsoft.ContainerInstance/containerGroups',
        apiVersion: API_VERSION,
        name: group.name,
        body: describeBody(group),
      },
    ],
    outputs: {},
  };
}

function describeBody(group: ContainerGroupDescription): Record<string, TemplateValue> {
  return {
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
      containers: group.containers.map(describeContainer),
      ipAddress: {
        type: 'Public',
        ports: group.publicPorts.map((port) => ({ port, protocol: 'TCP' })),
        ...(group.dnsNameLabel === null ? {} : { dnsNameLabel: group.dnsNameLabel }),
      },
    },
  };
}

function describeContainer(container: GroupContainer): TemplateValue {
  return {
    name: container.name,
    properties: {
      image: container.image,
      ...(container.command === null ? {} : { command: container.command }),
      ports: container.ports.map((port) => ({ port, protocol: 'TCP' })),
      environmentVariables: container.environment.map(({ name, value, secure }): TemplateValue =>
        secure ? { name, secureValue: parameter(parameterName(name)) } : { name, value },
      ),
      resources: { requests: { cpu: container.cpu, memoryInGB: container.memoryGiB } },
    },
  };
}

function secureVariables(group: ContainerGroupDescription): readonly string[] {
  const all = group.containers.flatMap((container): readonly GroupVariable[] => container.environment);
  return [...new Set(all.filter(({ secure }) => secure).map(({ name }) => name))];
}

/** `CLEANROOM_SAS_STATE` as `cleanroomSasState`. */
function parameterName(variable: string): string {
  return variable.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
