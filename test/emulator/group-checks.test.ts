// What the local Azure demands of a container group before it makes one: one good body, and a table of what is changed in it.

import assert from 'node:assert/strict';

import { AzureError } from '../../src/lib/emulator/http/azure-error.js';
import { parseGroupBody } from '../../src/lib/emulator/resource-manager/group-request.js';
import type { ContainerGroupDescription } from '../../src/lib/ports/container-group.js';
import { renderArmTemplate } from '../../src/lib/azure/arm/group-template.js';

type Members = Record<string, unknown>;

const policy = (text: string): string => Buffer.from(text).toString('base64');
const container = (name: string, changes: Members = {}): Members => ({
  name,
  properties: {
    image: `cleanroom.local/${name}@sha256:${'0'.repeat(64)}`,
    ports: [{ port: name === 'app' ? 8501 : 8080, protocol: 'TCP' }],
    environmentVariables: [{ name: 'A_1', value: 'x' }],
    resources: { requests: { cpu: 1, memoryInGB: 4 } },
    volumeMounts: [{ name: 'share', mountPath: '/mnt/share' }],
    ...changes,
  },
});
const good = (properties: Members = {}, top: Members = {}): Members => ({
  location: 'West Europe',
  properties: {
    sku: 'confidential',
    confidentialComputeProperties: { ccePolicy: policy('package policy\n\ndefault allow := false\n') },
    osType: 'linux',
    restartPolicy: 'never',
    containers: [container('app'), container('skr')],
    volumes: [{ name: 'share', emptyDir: {} }],
    ipAddress: { type: 'public', ports: [{ port: 8501 }], dnsNameLabel: 'quarterly-notes' },
    ...properties,
  },
  ...top,
});
const app = (changes: Members): Members => good({ containers: [container('app', changes)] });

const withInit = ({ name = 'init', ...properties }: Members): Members =>
  good({ initContainers: [{ name, properties: { image: 'cleanroom.local/init:1', ...properties } }] });

const REFUSED: readonly (readonly [string, string, Members])[] = [
  ['a location', 'LocationRequired', good({}, { location: undefined })],
  ['a region of ACI', 'LocationNotAvailableForResourceType', good({}, { location: 'atlantis' })],
  ['an operating system', 'InvalidOsType', good({ osType: undefined })],
  ['one that there is', 'InvalidOsType', good({ osType: 'BeOS' })],
  ['Linux', 'UnsupportedOsType', good({ osType: 'Windows' })],
  ['a known restart policy', 'InvalidRequestContent', good({ restartPolicy: 'Sometimes' })],
  ['a known sku', 'InvalidRequestContent', good({ sku: 'Secret' })],
  ['a container', 'InvalidContainerGroup', good({ containers: [] })],
  ['containers', 'InvalidRequestContent', good({ containers: undefined })],
  ['small letters in names', 'InvalidContainerName', good({ containers: [container('App')] })],
  ['names once', 'DuplicateContainerName', good({ containers: [container('app'), container('app')] })],
  ['an image', 'InvalidRequestContent', app({ image: undefined })],
  ['requests', 'ResourceRequestsNotSpecified', app({ resources: undefined })],
  ['both of them', 'ResourceRequestsNotSpecified', app({ resources: { requests: { cpu: 1 } } })],
  ['what a region has', 'ServiceUnavailable', app({ resources: { requests: { cpu: 32, memoryInGB: 4 } } })],
  ['ports in range', 'InvalidRequestContent', app({ ports: [{ port: 70_000 }] })],
  ['a known protocol', 'InvalidRequestContent', app({ ports: [{ port: 80, protocol: 'SCTP' }] })],
  ['ports once a group', 'DuplicateContainerPort', app({ ports: [{ port: 80 }, { port: 80 }] })],
  [
    'names of variables',
    'InvalidContainerEnvironmentVariable',
    app({ environmentVariables: [{ name: 'a.b', value: '' }] }),
  ],
  ['values of variables', 'InvalidEnvironmentVariable', app({ environmentVariables: [{ name: 'A' }] })],
  [
    'volumes that are mounted',
    'VolumeMountNotFound',
    app({ volumeMounts: [{ name: 'other', mountPath: '/m' }] }),
  ],
  [
    'mount paths without a colon',
    'InvalidVolumeMountPath',
    app({ volumeMounts: [{ name: 'share', mountPath: '/a:b' }] }),
  ],
  ['volumes of one kind', 'InvalidVolume', good({ volumes: [{ name: 'share', emptyDir: {}, secret: {} }] })],
  ['volumes of some kind', 'InvalidVolume', good({ volumes: [{ name: 'share' }] })],
  [
    'volume names once',
    'DuplicateVolumeName',
    good({
      volumes: [
        { name: 'share', emptyDir: {} },
        { name: 'share', emptyDir: {} },
      ],
    }),
  ],
  ['public ports', 'MissingIpAddressPorts', good({ ipAddress: { type: 'Public', ports: [] } })],
  [
    'public ports once',
    'DuplicateIpAddressPort',
    good({ ipAddress: { type: 'Public', ports: [{ port: 1 }, { port: 1 }] } }),
  ],
  ['the type of an address', 'InvalidRequestContent', good({ ipAddress: { ports: [{ port: 8501 }] } })],
  [
    'a subnet for a private address',
    'PrivateIPAddressNotSupported',
    good({ ipAddress: { type: 'Private', ports: [{ port: 8501 }] } }),
  ],
  [
    'a DNS label',
    'InvalidDnsNameLabel',
    good({ ipAddress: { type: 'Public', ports: [{ port: 8501 }], dnsNameLabel: 'a b' } }),
  ],
  [
    'identities with their type',
    'InvalidIdentityValues',
    good({}, { identity: { userAssignedIdentities: { '/i': {} } } }),
  ],
  ['identities of their type', 'InvalidIdentityValues', good({}, { identity: { type: 'UserAssigned' } })],
  ['a known type of identity', 'InvalidRequestContent', good({}, { identity: { type: 'Somebody' } })],
  [
    'an own identity to pull by',
    'InvalidImageRegistryCredentialType',
    good({ imageRegistryCredentials: [{ server: 'r.azurecr.io', identity: '/i' }] }),
  ],
  [
    'a registry without a scheme',
    'InvalidImageRegistryServer',
    good({ imageRegistryCredentials: [{ server: 'https://r.azurecr.io', username: 'u' }] }),
  ],
  ['a policy for Confidential', 'InvalidCcePolicy', good({ confidentialComputeProperties: undefined })],
  ['a policy in base64', 'InvalidCcePolicy', good({ confidentialComputeProperties: { ccePolicy: '%' } })],
  [
    'a policy in Rego',
    'InvalidCcePolicy',
    good({ confidentialComputeProperties: { ccePolicy: policy('allow = true') } }),
  ],
  ['no policy for Standard', 'InvalidConfidentialComputeProperties', good({ sku: 'Standard' })],
  ['small letters in names of init containers', 'InvalidContainerName', withInit({ name: 'Init' })],
  ['names once, init containers included', 'DuplicateContainerName', withInit({ name: 'app' })],
  [
    'names of variables of init containers',
    'InvalidContainerEnvironmentVariable',
    withInit({ environmentVariables: [{ name: 'a.b', value: '' }] }),
  ],
  ['lists of init containers', 'InvalidRequestContent', good({ initContainers: {} })],
  ['no Spot for Confidential', 'SpotPriorityNotSupported', good({ priority: 'Spot' })],
];

describe('the checks of a container group by the local Azure', () => {
  const parse = (body: Members): unknown => parseGroupBody(JSON.parse(JSON.stringify(body)), 'room');

  it('take a good one, words of enumerations in any case', () => {
    assert.doesNotThrow(() => parse(good()));
    assert.doesNotThrow(() => parse(withInit({})));
  });

  for (const [what, code, body] of REFUSED) {
    it(`want ${what}: ${code}`, () => {
      assert.throws(
        () => parse(body),
        (error: unknown) => error instanceof AzureError && error.code === code,
      );
    });
  }

  it('take the resource of the template that deploy --out writes', () => {
    const description: ContainerGroupDescription = {
      name: 'room',
      location: 'westeurope',
      tags: {},
      identity: null,
      ccePolicy: policy('package policy\n'),
      restartPolicy: 'Never',
      registries: [],
      volumes: [],
      publicPorts: [8501],
      dnsNameLabel: null,
      containers: [
        {
          name: 'app',
          image: 'cleanroom.local/app:1',
          command: null,
          ports: [8501],
          environment: [{ name: 'A', value: 'x', secure: false }],
          cpu: 1,
          memoryGiB: 2,
          unprivileged: true,
          writesFiles: false,
          mounts: [],
          liveness: null,
          readiness: null,
        },
      ],
    };
    const { resources } = JSON.parse(renderArmTemplate([description])) as { resources: Members[] };
    assert.doesNotThrow(() => parse(resources[0]!));
  });
});
