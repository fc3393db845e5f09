// Container groups as an ARM template and as Bicep. Secrets are secure parameters; neither file holds one.

import { renderArm } from '../azure/arm/render-arm.js';
import { renderBicep as renderTemplateAsBicep } from '../azure/arm/render-bicep.js';
import { parameter, type Template, type TemplateValue } from '../azure/arm/template.js';
import type {
  ContainerGroupDescription,
  GroupContainer,
  GroupProbe,
  GroupRegistry,
  GroupVolume,
} from '../ports/container-group.js';

const API_VERSION = '2023-05-01';

/** The ARM template, for `az deployment group create` or the portal. */
export function renderArmTemplate(groups: readonly ContainerGroupDescription[]): string {
  return renderArm(describeTemplate(groups));
}

/** The same groups as Bicep. */
export function renderBicep(groups: readonly ContainerGroupDescription[]): string {
  return renderTemplateAsBicep(describeTemplate(groups));
}

function describeTemplate(groups: readonly ContainerGroupDescription[]): Template {
  const secrets = new Set(groups.flatMap(secretParameters));
  return {
    parameters: Object.fromEntries([...secrets].map((name) => [name, { type: 'securestring' }])),
    resources: groups.map((group, index) => ({
      symbol: groups.length === 1 ? 'group' : `group${index + 1}`,
      type: 'Microsoft.ContainerInstance/containerGroups',
      apiVersion: API_VERSION,
      name: group.name,
      body: describeBody(group),
    })),
    outputs: {},
  };
}

function describeBody(group: ContainerGroupDescription): Record<string, TemplateValue> {
  const { identity, ccePolicy, registries, volumes, dnsNameLabel } = group;
  return {
    location: group.location,
    tags: group.tags,
    ...(identity === null
      ? {}
      : { identity: { type: 'UserAssigned', userAssignedIdentities: { [identity]: {} } } }),
    properties: {
      ...(ccePolicy === null ? {} : { sku: 'Confidential', confidentialComputeProperties: { ccePolicy } }),
      osType: 'Linux',
      restartPolicy: group.restartPolicy,
      containers: group.containers.map(describeContainer),
      ...(registries.length === 0 ? {} : { imageRegistryCredentials: registries.map(describeRegistry) }),
      ...(volumes.length === 0 ? {} : { volumes: volumes.map(describeVolume) }),
      ipAddress: {
        type: 'Public',
        ports: group.publicPorts.map((port) => ({ port, protocol: 'TCP' })),
        ...(dnsNameLabel === null ? {} : { dnsNameLabel }),
      },
    },
  };
}

function describeContainer(container: GroupContainer): TemplateValue {
  const { liveness, readiness, mounts } = container;
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
      ...(mounts.length === 0
        ? {}
        : {
            volumeMounts: mounts.map(({ volume, path }) => ({
              name: volume,
              mountPath: path,
              readOnly: true,
            })),
          }),
      ...(liveness === null ? {} : { livenessProbe: describeProbe(liveness) }),
      ...(readiness === null ? {} : { readinessProbe: describeProbe(readiness) }),
    },
  };
}

function describeProbe({ path, port, ...times }: GroupProbe): TemplateValue {
  return { httpGet: { path, port, scheme: 'https' }, ...times };
}

function describeRegistry(registry: GroupRegistry): TemplateValue {
  const { server } = registry;
  return registry.kind === 'identity'
    ? { server, identity: registry.identity }
    : { server, username: registry.username, password: parameter(passwordParameter(server)) };
}

function describeVolume({ name, account, share }: GroupVolume): TemplateValue {
  const storageAccountKey = parameter(STORAGE_KEY_PARAMETER);
  return {
    name,
    azureFile: { shareName: share, storageAccountName: account, storageAccountKey, readOnly: true },
  };
}

const STORAGE_KEY_PARAMETER = 'storageAccountKey';

function secretParameters(group: ContainerGroupDescription): readonly string[] {
  const variables = group.containers.flatMap(({ environment }) => environment);
  return [
    ...variables.filter(({ secure }) => secure).map(({ name }) => parameterName(name)),
    ...group.registries.flatMap(({ kind, server }) => (kind === 'login' ? [passwordParameter(server)] : [])),
    ...(group.volumes.length === 0 ? [] : [STORAGE_KEY_PARAMETER]),
  ];
}

/** `contoso.azurecr.io` as `passwordContosoAzurecrIo`. */
function passwordParameter(server: string): string {
  return parameterName(`password_${server.replace(/[^A-Za-z0-9]/g, '_')}`);
}

/** `CLEANROOM_SAS_STATE` as `cleanroomSasState`. */
function parameterName(variable: string): string {
  return variable.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
