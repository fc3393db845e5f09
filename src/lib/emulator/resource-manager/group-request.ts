// The body of a container group PUT: checked as the service checks it, turned into what the room host runs.

import * as v from 'valibot';

import { AzureError } from '../http/azure-error.js';
import type { ContainerSpec, GroupSpec, VolumeSpec } from '../room-host/group-spec.js';
import type { HttpProbe } from '../room-host/probes.js';
import { checkGroup } from './group-checks.js';
import {
  type ContainerBody,
  type GroupBody,
  GroupSchema,
  type ProbeBody,
  type VolumeBody,
} from './group-schema.js';

/* Azure writes GB and means 2^30 bytes. */
const GIB = 2 ** 30;

/** Reads the body of a PUT. @throws AzureError 400 in the service's words. */
export function parseGroupBody(value: unknown, name: string): GroupBody {
  const outcome = v.safeParse(GroupSchema, value);
  if (!outcome.success) {
    const issue = outcome.issues[0];
    const path = v.getDotPath(issue) ?? 'request';
    throw new AzureError(
      400,
      'InvalidRequestContent',
      `The request content was invalid and could not be deserialized: '${path}: ${issue.message}'.`,
    );
  }
  checkGroup(outcome.output, name);
  return outcome.output;
}

/** The group that a checked body describes. */
export function toGroupSpec(body: GroupBody, id: string, name: string): GroupSpec {
  const { properties, identity, location } = body;
  return {
    id,
    name,
    location: location ?? '',
    identities: identitiesOf(identity, id),
    restartPolicy: properties.restartPolicy,
    ccePolicy:
      properties.sku === 'Confidential'
        ? (properties.confidentialComputeProperties?.ccePolicy ?? null)
        : null,
    containers: properties.containers.map(toContainerSpec),
    volumes: properties.volumes.map(toVolumeSpec),
    ports: portsOf(properties),
  };
}

/* A system-assigned identity goes by the group's own id. */
function identitiesOf(identity: GroupBody['identity'], groupId: string): readonly string[] {
  const assigned = Object.keys(identity?.userAssignedIdentities ?? {});
  return hasSystemIdentity(identity) ? [groupId, ...assigned] : assigned;
}

/** Whether the group is to have an identity of its own. */
export function hasSystemIdentity(identity: GroupBody['identity']): boolean {
  return identity?.type?.includes('SystemAssigned') ?? false;
}

/* Azure forwards the group's; a container's own are where its probes ask. */
function portsOf({ ipAddress, containers }: GroupBody['properties']): readonly number[] {
  const probes = containers.flatMap(({ properties }) =>
    [properties.livenessProbe, properties.readinessProbe].flatMap((probe) =>
      probe?.httpGet === undefined ? [] : [probe.httpGet.port],
    ),
  );
  const named = [...(ipAddress?.ports ?? []), ...containers.flatMap(({ properties }) => properties.ports)];
  return [...new Set([...named.map(({ port }) => port), ...probes])];
}

function toContainerSpec({ name, properties }: ContainerBody): ContainerSpec {
  const command = properties.command ?? [];
  const { limits, requests } = properties.resources ?? {};
  const memory = limits?.memoryInGB ?? requests?.memoryInGB;
  return {
    name,
    image: properties.image,
    command: command.length === 0 ? null : command,
    environment: properties.environmentVariables.map((variable) => ({
      name: variable.name,
      value: variable.secureValue ?? variable.value ?? '',
    })),
    volumeMounts: properties.volumeMounts.map((mount) => ({
      name: mount.name,
      mountPath: mount.mountPath,
      readOnly: mount.readOnly,
    })),
    privileged: properties.securityContext?.privileged ?? false,
    capabilities: {
      add: properties.securityContext?.capabilities?.add ?? [],
      drop: properties.securityContext?.capabilities?.drop ?? [],
    },
    user: userOf(properties.securityContext),
    noNewPrivileges: properties.securityContext?.allowPrivilegeEscalation === false,
    /* What it requests is its limit unless it names one (ACI, "Resource limits"). */
    memoryBytes: memory === undefined ? null : Math.floor(memory * GIB),
    liveness: toProbe(properties.livenessProbe),
    readiness: toProbe(properties.readinessProbe),
  };
}

function userOf(context: ContainerBody['properties']['securityContext']): string | null {
  const { runAsUser, runAsGroup } = context ?? {};
  if (runAsUser === undefined) return null;
  return runAsGroup === undefined ? String(runAsUser) : `${runAsUser}:${runAsGroup}`;
}

function toProbe(probe: ProbeBody | undefined): HttpProbe | null {
  if (probe?.httpGet === undefined) return null;
  const { httpGet, initialDelaySeconds, periodSeconds, failureThreshold, timeoutSeconds } = probe;
  const { path, port, scheme } = httpGet;
  return { path, port, scheme, initialDelaySeconds, periodSeconds, failureThreshold, timeoutSeconds };
}

function toVolumeSpec({ name, azureFile, secret }: VolumeBody): VolumeSpec {
  if (azureFile !== undefined)
    return {
      kind: 'azureFile',
      name,
      account: azureFile.storageAccountName,
      share: azureFile.shareName,
      readOnly: azureFile.readOnly,
    };
  return secret === undefined ? { kind: 'emptyDir', name } : { kind: 'secret', name, files: secret };
}
