// A container group as Azure Resource Manager takes it (JSON of api-version 2023-05-01): the one source of its template, its
// Bicep file and the SDK's request.

import { CONFINED_SECURITY_CONTEXT } from '../../cce-policy/generate/security-context.js';
import { ROOM_USER } from '../../contract/room-plan.js';
import type {
  ContainerGroupDescription,
  GroupContainer,
  GroupProbe,
  GroupRegistry,
  GroupVolume,
} from '../../ports/container-group.js';

/* ACI's whole vocabulary for it: there is no read-only root among its settings. */
const CONFINED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: [...CONFINED_SECURITY_CONTEXT.dropCapabilities] },
  runAsUser: ROOM_USER,
  runAsGroup: ROOM_USER,
};

/** What stands in a secret's place: the secret itself in a request, a secure parameter of that name in a template. */
export type SecretPlace<S> = (parameter: string, secret: string) => S;

/** The body of the group, its name left out. With secrets in their places it must never be logged. */
export function describeGroupBody<S>(group: ContainerGroupDescription, secret: SecretPlace<S>) {
  const { identity, ccePolicy, registries, volumes, dnsNameLabel } = group;
  return {
    location: group.location,
    tags: { ...group.tags },
    ...(identity === null
      ? {}
      : { identity: { type: 'UserAssigned' as const, userAssignedIdentities: { [identity]: {} } } }),
    properties: {
      ...(ccePolicy === null
        ? {}
        : { sku: 'Confidential' as const, confidentialComputeProperties: { ccePolicy } }),
      osType: 'Linux' as const,
      restartPolicy: group.restartPolicy,
      containers: group.containers.map((container) => describeContainer(container, secret)),
      ...(registries.length === 0
        ? {}
        : { imageRegistryCredentials: registries.map((registry) => describeRegistry(registry, secret)) }),
      ...(volumes.length === 0 ? {} : { volumes: volumes.map((volume) => describeVolume(volume, secret)) }),
      ipAddress: {
        type: 'Public' as const,
        ports: group.publicPorts.map(describePort),
        ...(dnsNameLabel === null ? {} : { dnsNameLabel }),
      },
    },
  };
}

function describeContainer<S>(container: GroupContainer, secret: SecretPlace<S>) {
  const { name, image, command, ports, environment, liveness, readiness, mounts } = container;
  return {
    name,
    properties: {
      image,
      ...(command === null ? {} : { command: [...command] }),
      ports: ports.map(describePort),
      environmentVariables: environment.map((variable) =>
        variable.secure
          ? { name: variable.name, secureValue: secret(camelCase(variable.name), variable.value) }
          : { name: variable.name, value: variable.value },
      ),
      resources: { requests: { cpu: container.cpu, memoryInGB: container.memoryGiB } },
      ...(container.unprivileged ? { securityContext: CONFINED } : {}),
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

function describePort(port: number) {
  return { port, protocol: 'TCP' as const };
}

function describeProbe({ path, port, ...times }: GroupProbe) {
  return { httpGet: { path, port, scheme: 'https' as const }, ...times };
}

function describeRegistry<S>(registry: GroupRegistry, secret: SecretPlace<S>) {
  const { server } = registry;
  if (registry.kind === 'identity') return { server, identity: registry.identity };
  const parameter = camelCase(`password_${server.replace(/[^A-Za-z0-9]/g, '_')}`);
  return { server, username: registry.username, password: secret(parameter, registry.password) };
}

function describeVolume<S>({ name, account, share, accountKey }: GroupVolume, secret: SecretPlace<S>) {
  return {
    name,
    azureFile: {
      shareName: share,
      storageAccountName: account,
      storageAccountKey: secret('storageAccountKey', accountKey),
      readOnly: true,
    },
  };
}

/** `CLEANROOM_SAS_RESULT` as `cleanroomSasResult`. */
function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
