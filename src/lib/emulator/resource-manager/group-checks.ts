// What the service demands of a container group beyond the schema, in its words where public reports show them. The
// codes marked unverified fit Azure's form; no report of the service was found.

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromBase64 } from '../../base/bytes/base64.js';
import { AzureError } from '../http/azure-error.js';
import { CAPABILITIES, MAX_CONTAINERS, NAME } from './constants.js';
import type {
  ContainerBody,
  EnvironmentBody,
  GroupBody,
  GroupProperties,
  VolumeBody,
} from './group-schema.js';
import { isRegion, REGIONS } from './regions.js';

const ENVIRONMENT_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const DNS_LABEL = /^[A-Za-z0-9][A-Za-z0-9-]{3,61}[A-Za-z0-9]$/;

/** @throws AzureError 400 or 409 for a group that Azure would not make. */
export function checkGroup(body: GroupBody, name: string): void {
  checkLocation(body.location);
  const { properties } = body;
  if (properties.osType?.toLowerCase() !== 'linux') throw osTypeRefused(properties.osType);
  checkContainers(properties, name);
  checkVolumes(properties.volumes, name);
  checkPorts(properties, name);
  checkIdentity(body, name);
  checkConfidential(properties, name);
  checkCapabilities(properties, body.location ?? '');
}

function checkLocation(location: string | undefined): void {
  if (location === undefined || location.trim() === '')
    throw refused('LocationRequired', 'The location property is required for this definition.');
  if (!isRegion(location))
    throw refused(
      'LocationNotAvailableForResourceType',
      `The provided location '${location}' is not available for resource type 'Microsoft.ContainerInstance/containerGroups'. List of available regions for the resource type is '${REGIONS.join(',')}'.`,
    );
}

function osTypeRefused(osType: string | undefined): AzureError {
  if (osType?.toLowerCase() === 'windows')
    return refused('UnsupportedOsType', 'The local Azure runs Linux container groups only.');
  return refused(
    'InvalidOsType',
    `The 'osType' for container group '<null>' is invalid. The value must be one of 'Windows,Linux'.`,
  );
}

function checkContainers({ containers, initContainers, volumes }: GroupProperties, name: string): void {
  // Unverified.
  if (containers.length === 0 || containers.length > MAX_CONTAINERS)
    throw refused(
      'InvalidContainerGroup',
      `The container group '${name}' must have 1 to ${MAX_CONTAINERS} containers.`,
    );
  const names = [...containers, ...initContainers].map((container) => container.name);
  for (const container of names) {
    if (!NAME.test(container))
      throw refused(
        'InvalidContainerName',
        `The container name '${container}' in container group '${name}' is invalid. The container name must contain no more than 63 characters and must match the regex '[a-z0-9]([-a-z0-9]*[a-z0-9])?' (e.g. 'my-name').`,
      );
  }
  const twice = firstRepeated(names);
  // Unverified.
  if (twice !== null)
    throw refused(
      'DuplicateContainerName',
      `The container name '${twice}' is used twice in container group '${name}'.`,
    );
  for (const container of initContainers)
    checkEnvironment(container.properties.environmentVariables, container.name, name);
  for (const container of containers) checkContainer(container, volumes, name);
}

function checkContainer(
  { name, properties }: ContainerBody,
  volumes: readonly VolumeBody[],
  group: string,
): void {
  const { requests } = properties.resources ?? {};
  if (requests?.cpu === undefined || requests.memoryInGB === undefined)
    throw refused(
      'ResourceRequestsNotSpecified',
      `The resource requests are not specified in container '${name}' of contain group '${group}'. Both memory and CPU requests are required since API version '2017-07-01-preview'.`,
    );
  checkEnvironment(properties.environmentVariables, name, group);
  const missing = properties.volumeMounts.find(
    (mount) => !volumes.some((volume) => volume.name === mount.name),
  );
  // These three are unverified.
  if (missing !== undefined)
    throw refused('VolumeMountNotFound', `The volume '${missing.name}' of container '${name}' is not found.`);
  const path = firstRepeated(properties.volumeMounts.map(({ mountPath }) => mountPath));
  if (path !== null || properties.volumeMounts.some(({ mountPath }) => !isMountPath(mountPath)))
    throw refused(
      'InvalidVolumeMountPath',
      `The mount path '${path ?? ''}' of container '${name}' in container group '${group}' is invalid: it must be given once, not be empty and hold no colon.`,
    );
  for (const probe of [properties.livenessProbe, properties.readinessProbe])
    if (probe !== undefined && probe.httpGet === undefined)
      throw refused(
        'UnsupportedProbe',
        `The local Azure asks probes by httpGet, and runs none inside containers; that of container '${name}' has none.`,
      );
}

function isMountPath(path: string): boolean {
  return path !== '' && !path.includes(':');
}

function checkEnvironment(variables: readonly EnvironmentBody[], container: string, group: string): void {
  for (const { name, value, secureValue } of variables) {
    if (!ENVIRONMENT_NAME.test(name))
      throw refused(
        'InvalidContainerEnvironmentVariable',
        `The environment variable name in container '${container}' of container group '${group}' is invalid. A valid environment variable name must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName').`,
      );
    // Unverified.
    if (typeof value !== 'string' && typeof secureValue !== 'string')
      throw refused(
        'InvalidEnvironmentVariable',
        `The environment variable '${name}' of container '${container}' has no value.`,
      );
  }
}

/* Unverified. */
function checkVolumes(volumes: readonly VolumeBody[], group: string): void {
  const twice = firstRepeated(volumes.map(({ name }) => name));
  if (twice !== null)
    throw refused(
      'DuplicateVolumeName',
      `The volume '${twice}' is defined twice in container group '${group}'.`,
    );
  for (const { name, azureFile, emptyDir, secret, gitRepo } of volumes) {
    const kinds = [azureFile, emptyDir, secret, gitRepo].filter((kind) => kind !== undefined);
    if (!NAME.test(name) || kinds.length !== 1)
      throw refused(
        'InvalidVolume',
        `The volume '${name}' in container group '${group}' is invalid: it needs a name like 'my-name' and exactly one of 'azureFile', 'emptyDir', 'secret' and 'gitRepo'.`,
      );
  }
}

function checkPorts({ ipAddress, containers, subnetIds }: GroupProperties, group: string): void {
  const inside = containers.flatMap(({ properties }) => properties.ports.map(({ port }) => port));
  const twice = firstRepeated(inside.map(String));
  // The containers of a group share one network. Unverified.
  if (twice !== null)
    throw refused(
      'DuplicateContainerPort',
      `The port '${twice}' is used twice in container group '${group}'.`,
    );
  if (ipAddress === undefined) return;
  const { ports, type, dnsNameLabel } = ipAddress;
  if (ports.length === 0)
    throw refused(
      'MissingIpAddressPorts',
      `The ports in the 'ipAddress' of container group '${group}' cannot be empty.`,
    );
  const repeated = firstRepeated(ports.map(({ port }) => String(port)));
  // Unverified.
  if (repeated !== null)
    throw refused(
      'DuplicateIpAddressPort',
      `The port '${repeated}' is given twice in the 'ipAddress' of container group '${group}'.`,
    );
  if (type === 'Private' && subnetIds.length === 0)
    throw refused(
      'PrivateIPAddressNotSupported',
      `IP Address type in container group '${group}' is invalid. Private IP address is only supported when network profile is defined.`,
    );
  // Unverified.
  if (dnsNameLabel !== undefined && !DNS_LABEL.test(dnsNameLabel))
    throw refused('InvalidDnsNameLabel', `The DNS name label '${dnsNameLabel}' is invalid.`);
}

/* Unverified: Azure Resource Manager's own checks of `identity`. */
function checkIdentity({ identity, properties }: GroupBody, group: string): void {
  const assigned = Object.keys(identity?.userAssignedIdentities ?? {});
  if ((identity?.type?.includes('UserAssigned') ?? false) !== assigned.length > 0)
    throw refused(
      'InvalidIdentityValues',
      "Invalid value for the identities. The 'UserAssignedIdentities' property keys should be given with the type 'UserAssigned', and only then.",
    );
  for (const { identity: puller, server } of properties.imageRegistryCredentials) {
    if (puller !== undefined && !assigned.some((id) => id.toLowerCase() === puller.toLowerCase()))
      throw refused(
        'InvalidImageRegistryCredentialType',
        `Identity in 'imageRegistryCredentials' of container group '${group}' is not supported.`,
      );
    if (server === '' || server.includes('://'))
      throw refused(
        'InvalidImageRegistryServer',
        `The server in 'imageRegistryCredentials' of container group '${group}' is invalid.`,
      );
  }
}

/** An empty policy is refused by ACI (confcom). The other codes are unverified. */
function checkConfidential(properties: GroupProperties, group: string): void {
  const { sku, priority, confidentialComputeProperties } = properties;
  const ccePolicy = confidentialComputeProperties?.ccePolicy;
  if (sku !== 'Confidential') {
    if (ccePolicy === undefined || ccePolicy === '') return;
    throw refused(
      'InvalidConfidentialComputeProperties',
      `The 'confidentialComputeProperties' of container group '${group}' need the sku 'Confidential', not '${sku}'.`,
    );
  }
  if (priority === 'Spot')
    throw refused(
      'SpotPriorityNotSupported',
      `The priority 'Spot' of container group '${group}' is not supported with the sku 'Confidential'.`,
    );
  if (ccePolicy === undefined || ccePolicy === '')
    throw refused(
      'InvalidCcePolicy',
      `The CCE policy of confidential container group '${group}' cannot be left empty.`,
    );
  const bytes = fromBase64(ccePolicy);
  if (bytes === null)
    throw refused('InvalidCcePolicy', `The CCE policy of container group '${group}' is not valid base64.`);
  if (!isPolicyText(decodeUtf8(bytes)))
    throw refused('InvalidCcePolicy', `The CCE policy of container group '${group}' is not valid Rego.`);
}

/* Rego with the guest's package, or the JSON of the first preview, which the published examples still have. */
function isPolicyText(text: string | null): boolean {
  if (text === null) return false;
  return /^\s*(?:#[^\n]*\n\s*)*package\s+policy\s/.test(text) || /^\s*\{[^]*\}\s*$/.test(text);
}

/* What one group may have in the region; Azure's text for what cannot be placed. */
function checkCapabilities({ containers }: GroupProperties, location: string): void {
  const sum = (member: 'cpu' | 'memoryInGB'): number =>
    containers.reduce((total, { properties }) => total + (properties.resources?.requests?.[member] ?? 0), 0);
  const [cpu, memory] = [sum('cpu'), sum('memoryInGB')];
  if (cpu <= CAPABILITIES.maxCpu && memory <= CAPABILITIES.maxMemoryInGB) return;
  throw new AzureError(
    409,
    'ServiceUnavailable',
    `The requested resource is not available in the location '${location}' at this moment. Please retry with a different resource request or in another location. Resource requested: '${cpu}' CPU '${memory}' GB memory 'Linux' OS`,
  );
}

function firstRepeated(values: readonly string[]): string | null {
  return values.find((value, index) => values.indexOf(value) !== index) ?? null;
}

function refused(code: string, message: string): AzureError {
  return new AzureError(400, code, message);
}
