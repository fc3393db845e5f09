// The body of a container group PUT: checked as the service checks it, turned into what the room host runs.

import * as v from 'valibot';

import { fromBase64 } from '../../base/bytes/base64.js';
import { AzureError } from '../http/azure-error.js';
import type { ContainerSpec, GroupSpec, VolumeSpec } from '../room-host/group-spec.js';
import type { HttpProbe } from '../room-host/probes.js';
import { MAX_CONTAINERS, NAME } from './constants.js';

const Port = v.looseObject({ port: v.number(), protocol: v.optional(v.string()) });

const Seconds = v.pipe(v.number(), v.integer(), v.minValue(0));
/* Defaults of the service, which are Kubernetes' own. */
const Probe = v.looseObject({
  exec: v.optional(v.looseObject({ command: v.array(v.string()) })),
  httpGet: v.optional(
    v.looseObject({
      path: v.optional(v.string(), '/'),
      port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
      scheme: v.optional(v.pipe(v.string(), v.toLowerCase(), v.picklist(['http', 'https'])), 'http'),
    }),
  ),
  initialDelaySeconds: v.optional(Seconds, 0),
  periodSeconds: v.optional(v.pipe(Seconds, v.minValue(1)), 10),
  failureThreshold: v.optional(v.pipe(Seconds, v.minValue(1)), 3),
  timeoutSeconds: v.optional(v.pipe(Seconds, v.minValue(1)), 1),
});

const EnvironmentVariable = v.looseObject({
  name: v.string(),
  value: v.optional(v.string()),
  secureValue: v.optional(v.string()),
});

const Container = v.looseObject({
  name: v.string(),
  properties: v.looseObject({
    image: v.string(),
    command: v.optional(v.array(v.string())),
    ports: v.optional(v.array(Port)),
    environmentVariables: v.optional(v.array(EnvironmentVariable)),
    livenessProbe: v.optional(Probe),
    readinessProbe: v.optional(Probe),
    resources: v.looseObject({
      requests: v.looseObject({
        cpu: v.pipe(v.number(), v.gtValue(0)),
        memoryInGB: v.pipe(v.number(), v.gtValue(0)),
      }),
    }),
    volumeMounts: v.optional(
      v.array(
        v.looseObject({ name: v.string(), mountPath: v.string(), readOnly: v.optional(v.boolean(), false) }),
      ),
    ),
    securityContext: v.optional(
      v.looseObject({
        privileged: v.optional(v.boolean(), false),
        allowPrivilegeEscalation: v.optional(v.boolean(), true),
      }),
    ),
  }),
});

const Volume = v.looseObject({
  name: v.string(),
  azureFile: v.optional(
    v.looseObject({
      shareName: v.string(),
      storageAccountName: v.string(),
      storageAccountKey: v.optional(v.string()),
      readOnly: v.optional(v.boolean(), false),
    }),
  ),
  emptyDir: v.optional(v.looseObject({})),
  secret: v.optional(v.record(v.string(), v.string())),
});

const GroupBody = v.looseObject({
  location: v.pipe(v.string(), v.minLength(1)),
  tags: v.optional(v.record(v.string(), v.string())),
  identity: v.optional(
    v.looseObject({ userAssignedIdentities: v.optional(v.record(v.string(), v.unknown()), {}) }),
  ),
  properties: v.looseObject({
    sku: v.optional(v.picklist(['Standard', 'Confidential']), 'Standard'),
    confidentialComputeProperties: v.optional(v.looseObject({ ccePolicy: v.optional(v.string()) })),
    osType: v.optional(v.string(), 'Linux'),
    restartPolicy: v.optional(v.picklist(['Always', 'OnFailure', 'Never']), 'Always'),
    containers: v.array(Container),
    volumes: v.optional(v.array(Volume), []),
    ipAddress: v.optional(
      v.looseObject({
        ports: v.array(Port),
        type: v.optional(v.string()),
        dnsNameLabel: v.optional(v.string()),
      }),
    ),
  }),
});

export type GroupBody = v.InferOutput<typeof GroupBody>;

/** Reads the body of a PUT. @throws AzureError 400 in the service's words. */
export function parseGroupBody(value: unknown, name: string): GroupBody {
  const outcome = v.safeParse(GroupBody, value);
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

function checkGroup({ properties }: GroupBody, name: string): void {
  const { containers, volumes, sku, osType, confidentialComputeProperties } = properties;
  if (containers.length === 0 || containers.length > MAX_CONTAINERS)
    throw invalid(
      'InvalidContainerGroup',
      `The container group '${name}' must have 1 to ${MAX_CONTAINERS} containers.`,
    );
  for (const [index, container] of containers.entries()) {
    if (!NAME.test(container.name))
      throw invalid(
        'InvalidContainerName',
        `The container name '${container.name}' in container group '${name}' is invalid.`,
      );
    if (containers.findIndex((other) => other.name === container.name) !== index)
      throw invalid(
        'DuplicateContainerName',
        `The container name '${container.name}' is used twice in container group '${name}'.`,
      );
    for (const mount of container.properties.volumeMounts ?? [])
      if (!volumes.some((volume) => volume.name === mount.name))
        throw invalid(
          'VolumeMountNotFound',
          `The volume '${mount.name}' of container '${container.name}' is not found.`,
        );
    for (const variable of container.properties.environmentVariables ?? [])
      if (variable.value === undefined && variable.secureValue === undefined)
        throw invalid(
          'InvalidEnvironmentVariable',
          `The environment variable '${variable.name}' of container '${container.name}' has no value.`,
        );
    for (const probe of [container.properties.livenessProbe, container.properties.readinessProbe])
      if (probe !== undefined && probe.httpGet === undefined)
        throw invalid(
          'UnsupportedProbe',
          `The local Azure asks probes by httpGet, and runs none inside containers; that of container '${container.name}' has none.`,
        );
  }
  if (osType !== 'Linux')
    throw invalid('UnsupportedOsType', `The local Azure runs Linux container groups; osType is '${osType}'.`);
  if (sku === 'Confidential') checkPolicy(confidentialComputeProperties?.ccePolicy, name);
}

/** An empty policy is refused by ACI (confcom §3.6); so is one that is not base64. */
function checkPolicy(ccePolicy: string | undefined, name: string): void {
  if (ccePolicy === undefined || ccePolicy === '')
    throw invalid(
      'InvalidCcePolicy',
      `The CCE policy of confidential container group '${name}' cannot be left empty.`,
    );
  if (fromBase64(ccePolicy) === null)
    throw invalid('InvalidCcePolicy', `The CCE policy of container group '${name}' is not valid base64.`);
}

function invalid(code: string, message: string): AzureError {
  return new AzureError(400, code, message);
}

/** The group that a checked body describes. */
export function toGroupSpec(body: GroupBody, id: string, name: string): GroupSpec {
  const { properties, identity, location } = body;
  return {
    id,
    name,
    location,
    identities: Object.keys(identity?.userAssignedIdentities ?? {}),
    restartPolicy: properties.restartPolicy,
    ccePolicy:
      properties.sku === 'Confidential'
        ? (properties.confidentialComputeProperties?.ccePolicy ?? null)
        : null,
    containers: properties.containers.map(toContainerSpec),
    volumes: properties.volumes.map(toVolumeSpec),
  };
}

function toContainerSpec({ name, properties }: v.InferOutput<typeof Container>): ContainerSpec {
  const command = properties.command ?? [];
  return {
    name,
    image: properties.image,
    command: command.length === 0 ? null : command,
    environment: (properties.environmentVariables ?? []).map((variable) => ({
      name: variable.name,
      value: variable.secureValue ?? variable.value ?? '',
    })),
    volumeMounts: (properties.volumeMounts ?? []).map((mount) => ({
      name: mount.name,
      mountPath: mount.mountPath,
      readOnly: mount.readOnly,
    })),
    privileged: properties.securityContext?.privileged ?? false,
    noNewPrivileges: properties.securityContext?.allowPrivilegeEscalation === false,
    liveness: toProbe(properties.livenessProbe),
    readiness: toProbe(properties.readinessProbe),
  };
}

function toProbe(probe: v.InferOutput<typeof Probe> | undefined): HttpProbe | null {
  if (probe?.httpGet === undefined) return null;
  const { httpGet, initialDelaySeconds, periodSeconds, failureThreshold, timeoutSeconds } = probe;
  const { path, port, scheme } = httpGet;
  return { path, port, scheme, initialDelaySeconds, periodSeconds, failureThreshold, timeoutSeconds };
}

function toVolumeSpec({ name, azureFile, secret }: v.InferOutput<typeof Volume>): VolumeSpec {
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
