// Container groups through @azure/arm-containerinstance (api-version 2023-05-01).

import type {
  ContainerGroup,
  ContainerInstanceManagementClient,
  Event as GroupEvent,
} from '@azure/arm-containerinstance';

import { CleanroomError } from '../errors.js';
import type { ContainerGroupDescription, GroupContainer } from '../workflows/container-group.js';
import type { ContainerState, RoomEvent, RoomOperator, RoomState } from '../workflows/ports.js';
import { clientOptions, type Connection } from './connection.js';
import { findPolicyDenial } from '../cce-policy/read/denial.js';
import { readServiceFailure, redact, serviceError } from './service-error.js';

/** Where container groups are made. */
export interface GroupLocation {
  readonly subscription: string;
  readonly resourceGroup: string;
}

/* Sovereign clouds have other audiences; the public cloud's is also what the local Azure expects. */
const ARM_SCOPE = 'https://management.azure.com/.default';

export function createRoomOperator(
  connection: Connection,
  { subscription, resourceGroup }: GroupLocation,
): RoomOperator {
  const withClient = async <T>(
    what: string,
    call: (client: ContainerInstanceManagementClient) => Promise<T>,
  ): Promise<T> => {
    const { ContainerInstanceManagementClient } = await import('@azure/arm-containerinstance');
    const { resourceManager } = connection.profile.endpoints;
    const client = new ContainerInstanceManagementClient(connection.credential, subscription, {
      ...clientOptions(connection),
      credentialScopes: ARM_SCOPE,
      ...(resourceManager === undefined ? {} : { endpoint: resourceManager }),
    });
    try {
      return await call(client);
    } catch (cause) {
      throw deploymentError(what, cause);
    }
  };

  return {
    get: (name) =>
      withClient(`container group ${name}: read`, async (client) => {
        try {
          return readRoomState(await client.containerGroups.get(resourceGroup, name));
        } catch (cause) {
          if (readServiceFailure(cause).status === 404) return null;
          throw cause;
        }
      }),
    list: () =>
      withClient(`container groups of ${resourceGroup}: list`, async (client) => {
        const rooms: RoomState[] = [];
        for await (const group of client.containerGroups.listByResourceGroup(resourceGroup))
          rooms.push(readRoomState(group));
        return rooms;
      }),
    apply: (description, signal) =>
      withClient(`container group ${description.name}: create`, async (client) => {
        const request = toContainerGroup(description);
        const options = { abortSignal: signal, updateIntervalInMs: 250 };
        return readRoomState(
          await client.containerGroups.beginCreateOrUpdateAndWait(
            resourceGroup,
            description.name,
            request,
            options,
          ),
        );
      }),
    restart: (name, signal) =>
      withClient(`container group ${name}: restart`, async (client) => {
        await client.containerGroups.beginRestartAndWait(resourceGroup, name, {
          abortSignal: signal,
          updateIntervalInMs: 250,
        });
      }),
    remove: (name, signal) =>
      withClient(`container group ${name}: delete`, async (client) => {
        try {
          await client.containerGroups.get(resourceGroup, name);
        } catch (cause) {
          if (readServiceFailure(cause).status === 404) return false;
          throw cause;
        }
        await client.containerGroups.beginDeleteAndWait(resourceGroup, name, {
          abortSignal: signal,
          updateIntervalInMs: 250,
        });
        return true;
      }),
    logs: (name, container, tail) =>
      withClient(`container ${container} of ${name}: logs`, async (client) => {
        const logs = await client.containers.listLogs(
          resourceGroup,
          name,
          container,
          tail === null ? {} : { tail },
        );
        return logs.content ?? '';
      }),
  };
}

/** A failed long-running operation is a deployment that failed; the policy's denial, where there is one, comes first. */
export function deploymentError(what: string, cause: unknown): CleanroomError {
  const text = cause instanceof Error ? cause.message : '';
  if (!text.includes('long-running operation has failed')) return serviceError(what, cause);
  const denial = findPolicyDenial(text);
  if (denial !== null) {
    return new CleanroomError(
      'POLICY_DENIED',
      `${what}: the guest agent denied ${denial.rule ?? 'the start'}: ${denial.errors.join('; ')}`,
      { cause },
    );
  }
  return new CleanroomError('DEPLOYMENT_FAILED', `${what}: ${redact(text).slice(0, 600)}`, { cause });
}

/** The SDK's request for a described group; the SDK nests it under `properties` on the wire. */
export function toContainerGroup(description: ContainerGroupDescription): ContainerGroup {
  const { publicPorts, dnsNameLabel, identity } = description;
  return {
    location: description.location,
    tags: { ...description.tags },
    ...(identity === null
      ? {}
      : { identity: { type: 'UserAssigned', userAssignedIdentities: { [identity]: {} } } }),
    sku: 'Confidential',
    confidentialComputeProperties: { ccePolicy: description.ccePolicy },
    osType: 'Linux',
    restartPolicy: description.restartPolicy,
    containers: description.containers.map(toContainer),
    ipAddress: {
      type: 'Public',
      ports: publicPorts.map((port) => ({ port, protocol: 'TCP' })),
      ...(dnsNameLabel === null ? {} : { dnsNameLabel }),
    },
  };
}

function toContainer(container: GroupContainer): ContainerGroup['containers'][number] {
  return {
    name: container.name,
    image: container.image,
    ...(container.command === null ? {} : { command: [...container.command] }),
    ports: container.ports.map((port) => ({ port, protocol: 'TCP' })),
    environmentVariables: container.environment.map(({ name, value, secure }) =>
      secure ? { name, secureValue: value } : { name, value },
    ),
    resources: { requests: { cpu: container.cpu, memoryInGB: container.memoryGiB } },
  };
}

function readRoomState(group: ContainerGroup): RoomState {
  if (group.name === undefined)
    throw new CleanroomError('SERVICE_REFUSED', 'Azure Resource Manager answered a group without a name');
  return {
    name: group.name,
    provisioningState: group.provisioningState ?? 'unknown',
    state: group.instanceView?.state ?? 'unknown',
    confidential: group.sku?.toLowerCase() === 'confidential',
    ccePolicy: group.confidentialComputeProperties?.ccePolicy ?? null,
    tags: group.tags ?? {},
    ip: group.ipAddress?.ip ?? null,
    fqdn: group.ipAddress?.fqdn ?? null,
    ports: (group.ipAddress?.ports ?? []).map(({ port }) => port),
    containers: group.containers.map(readContainer),
    events: [
      ...(group.instanceView?.events ?? []).map((event) => readEvent(event, null)),
      ...group.containers.flatMap((container) =>
        (container.instanceView?.events ?? []).map((event) => readEvent(event, container.name)),
      ),
    ],
  };
}

function readContainer(container: ContainerGroup['containers'][number]): ContainerState {
  const view = container.instanceView;
  return {
    name: container.name,
    image: container.image,
    state: view?.currentState?.state ?? 'unknown',
    exitCode: view?.currentState?.exitCode ?? null,
    restartCount: view?.restartCount ?? 0,
    detail: view?.currentState?.detailStatus ?? null,
  };
}

function readEvent(event: GroupEvent, container: string | null): RoomEvent {
  return {
    container,
    name: event.name ?? '',
    message: event.message ?? '',
    type: event.type ?? '',
    count: event.count ?? 1,
    lastSeen: event.lastTimestamp?.toISOString() ?? null,
  };
}
