// A described container group as the SDK's request (api-version 2023-05-01); the SDK nests it under `properties` on the wire.

import type {
  ContainerGroup,
  ContainerProbe,
  ImageRegistryCredential,
  Volume,
} from '@azure/arm-containerinstance';

import type {
  ContainerGroupDescription,
  GroupContainer,
  GroupProbe,
  GroupRegistry,
  GroupVolume,
} from '../ports/container-group.js';

/** The request of a create or update. It holds the group's secrets: never log it. */
export function toContainerGroup(description: ContainerGroupDescription): ContainerGroup {
  const { publicPorts, dnsNameLabel, identity, ccePolicy, registries, volumes } = description;
  return {
    location: description.location,
    tags: { ...description.tags },
    ...(identity === null
      ? {}
      : { identity: { type: 'UserAssigned', userAssignedIdentities: { [identity]: {} } } }),
    ...(ccePolicy === null ? {} : { sku: 'Confidential', confidentialComputeProperties: { ccePolicy } }),
    osType: 'Linux',
    restartPolicy: description.restartPolicy,
    containers: description.containers.map(toContainer),
    ...(registries.length === 0 ? {} : { imageRegistryCredentials: registries.map(toRegistry) }),
    ...(volumes.length === 0 ? {} : { volumes: volumes.map(toVolume) }),
    ipAddress: {
      type: 'Public',
      ports: publicPorts.map((port) => ({ port, protocol: 'TCP' })),
      ...(dnsNameLabel === null ? {} : { dnsNameLabel }),
    },
  };
}

function toContainer(container: GroupContainer): ContainerGroup['containers'][number] {
  const { liveness, readiness, mounts } = container;
  return {
    name: container.name,
    image: container.image,
    ...(container.command === null ? {} : { command: [...container.command] }),
    ports: container.ports.map((port) => ({ port, protocol: 'TCP' })),
    environmentVariables: container.environment.map(({ name, value, secure }) =>
      secure ? { name, secureValue: value } : { name, value },
    ),
    resources: { requests: { cpu: container.cpu, memoryInGB: container.memoryGiB } },
    ...(mounts.length === 0
      ? {}
      : {
          volumeMounts: mounts.map(({ volume, path }) => ({ name: volume, mountPath: path, readOnly: true })),
        }),
    ...(liveness === null ? {} : { livenessProbe: toProbe(liveness) }),
    ...(readiness === null ? {} : { readinessProbe: toProbe(readiness) }),
  };
}

function toProbe({ path, port, ...times }: GroupProbe): ContainerProbe {
  return { httpGet: { path, port, scheme: 'https' }, ...times };
}

function toRegistry(registry: GroupRegistry): ImageRegistryCredential {
  const { server } = registry;
  return registry.kind === 'identity'
    ? { server, identity: registry.identity }
    : { server, username: registry.username, password: registry.password };
}

function toVolume({ name, share, account, accountKey }: GroupVolume): Volume {
  return {
    name,
    azureFile: {
      shareName: share,
      storageAccountName: account,
      storageAccountKey: accountKey,
      readOnly: true,
    },
  };
}
