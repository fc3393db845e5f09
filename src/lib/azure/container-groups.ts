// Container groups through @azure/arm-containerinstance (api-version 2023-05-01).

import type {
  ContainerGroup,
  ContainerInstanceManagementClient,
  Event as GroupEvent,
} from '@azure/arm-containerinstance';

import { setTimeout as sleep } from 'node:timers/promises';

import { CleanroomError } from '../base/errors.js';
import type { ContainerGroupDescription } from '../ports/container-group.js';
import type { ApplyOptions, ContainerState, RoomEvent, RoomOperator, RoomState } from '../ports/ports.js';
import { clientOptions, type Connection } from './connection.js';
import {
  deploymentFailed,
  deploymentRefused,
  isFailedOperation,
  isRoleNotEffective,
  roleNotEffective,
} from './deployment-error.js';
import { compareFacts, groupFacts } from './group-facts.js';
import { toContainerGroup } from './group-request.js';
import { recordedBy } from './recording/sdk-recording.js';
import { readServiceFailure } from './service-error.js';

/** Where container groups are made. */
export interface GroupLocation {
  readonly subscription: string;
  readonly resourceGroup: string;
}

/* Sovereign clouds have other audiences; the public cloud's is also what the local Azure expects. */
const ARM_SCOPE = 'https://management.azure.com/.default';

export interface RoomOperatorOptions {
  /** How long a role that was assigned just now is waited for; a minute if absent. */
  readonly roleWaitMs?: number;
  readonly pollMs?: number;
}

const WAITS_FOR_ROLE = 'waiting for a role that was assigned just now';

/* The service suggests none (no Retry-After); what it suggests when it throttles is honoured by the SDK. */
const POLL_MS = 1000;
const ROLE_WAIT_MS = 60_000;
const ROLE_POLLS_MS = [1_000, 2_000, 5_000];

/** The SDK's client for container groups of a subscription. */
export async function createContainerClient(
  connection: Connection,
  subscription: string,
): Promise<ContainerInstanceManagementClient> {
  const { ContainerInstanceManagementClient } = await import('./sdk/container-groups.js');
  const { resourceManager } = connection.profile.endpoints;
  return new ContainerInstanceManagementClient(connection.credential, subscription, {
    ...clientOptions(connection),
    ...recordedBy(connection.recorder, 'resource-manager'),
    credentialScopes: ARM_SCOPE,
    ...(resourceManager === undefined ? {} : { endpoint: resourceManager }),
  });
}

export function createRoomOperator(
  connection: Connection,
  { subscription, resourceGroup }: GroupLocation,
  { roleWaitMs = ROLE_WAIT_MS, pollMs = POLL_MS }: RoomOperatorOptions = {},
): RoomOperator {
  const withClient = async <T>(
    what: string,
    call: (client: ContainerInstanceManagementClient) => Promise<T>,
  ): Promise<T> => {
    const client = await createContainerClient(connection, subscription);
    try {
      return await call(client);
    } catch (cause) {
      throw deploymentRefused(what, cause);
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
    differences: (description) =>
      withClient(`container group ${description.name}: compare`, async (client) => {
        const running = groupFacts(await client.containerGroups.get(resourceGroup, description.name));
        return compareFacts(running, groupFacts(toContainerGroup(description)));
      }),
    apply: (description, options) =>
      withClient(`container group ${description.name}: create`, (client) =>
        applyGroup({ client, resourceGroup, description, roleWaitMs, pollMs }, options),
      ),
    restart: (name, signal) =>
      withClient(`container group ${name}: restart`, async (client) => {
        await client.containerGroups.beginRestartAndWait(resourceGroup, name, {
          abortSignal: signal,
          updateIntervalInMs: pollMs,
        });
        // 204 and no operation to poll: how it went stands in the group.
        const room = readRoomState(await client.containerGroups.get(resourceGroup, name));
        if (room.provisioningState === 'Failed' || room.state === 'Failed')
          throw deploymentFailed({ name, text: '', events: room.events });
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
          updateIntervalInMs: pollMs,
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

interface Application {
  readonly client: ContainerInstanceManagementClient;
  readonly resourceGroup: string;
  readonly description: ContainerGroupDescription;
  readonly roleWaitMs: number;
  readonly pollMs: number;
}

async function applyGroup(
  application: Application,
  { signal, told = () => undefined }: ApplyOptions,
): Promise<RoomState> {
  const { client, resourceGroup, description } = application;
  let correlationId: string | null = null;
  try {
    const poller = await beginGroup(application, signal, {
      onAccepted: (id) => {
        correlationId = id;
        told({ group: description.name, correlationId: id, state: 'accepted' });
      },
      onWaiting: () => told({ group: description.name, correlationId: null, state: WAITS_FOR_ROLE }),
    });
    poller.onProgress(({ status }) => told({ group: description.name, correlationId, state: status }));
    const room = readRoomState(await poller.pollUntilDone({ abortSignal: signal }));
    if (room.provisioningState !== 'Failed' && room.state !== 'Failed') return room;
    throw deploymentFailed({ name: room.name, text: '', events: room.events });
  } catch (cause) {
    if (!isFailedOperation(cause)) throw cause;
    const group = await client.containerGroups.get(resourceGroup, description.name).catch(() => null);
    const events = group === null ? [] : readRoomState(group).events;
    throw deploymentFailed({ name: description.name, text: cause.message, events, cause });
  }
}

interface BeginNews {
  readonly onAccepted: (correlationId: string | null) => void;
  readonly onWaiting: () => void;
}

/* A role that was assigned a moment ago takes a while to be known everywhere; Azure answers 403 until then. */
async function beginGroup(
  { client, resourceGroup, description, roleWaitMs, pollMs }: Application,
  signal: AbortSignal,
  { onAccepted, onWaiting }: BeginNews,
): ReturnType<ContainerInstanceManagementClient['containerGroups']['beginCreateOrUpdate']> {
  const deadline = performance.now() + roleWaitMs;
  for (let tries = 0; ; tries++) {
    let correlationId: string | null = null;
    try {
      const poller = await client.containerGroups.beginCreateOrUpdate(
        resourceGroup,
        description.name,
        toContainerGroup(description),
        {
          abortSignal: signal,
          updateIntervalInMs: pollMs,
          onResponse: ({ headers }) => {
            correlationId ??= headers.get('x-ms-correlation-request-id') ?? null;
          },
        },
      );
      onAccepted(correlationId);
      return poller;
    } catch (cause) {
      if (!isRoleNotEffective(cause)) throw cause;
      if (performance.now() > deadline) throw roleNotEffective(`container group ${description.name}`, cause);
      onWaiting();
      const pause = ROLE_POLLS_MS[Math.min(tries, ROLE_POLLS_MS.length - 1)] ?? 0;
      await sleep(Math.min(pause, roleWaitMs / 4), undefined, { signal });
    }
  }
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
