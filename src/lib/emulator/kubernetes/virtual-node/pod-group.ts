// A pod as the container group that a virtual node makes of it (microsoft/virtualnodesOnAzureContainerInstances,
// Docs/PodCustomizations.md).

import { VIRTUAL_NODE_MOUNTS } from '../../../cce-policy/text/virtual-node.js';
import type { ContainerSpec, GroupSpec, VolumeSpec } from '../../room-host/group-spec.js';
import type { Pod } from '../objects/objects.js';
import type { PodContainer, PodSpec } from '../objects/pod-schema.js';
import { expand, type FindSecret, resolveEnvironment } from './pod-environment.js';

const PREFIX = 'microsoft.containerinstance.virtualnode';
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Where the node's groups are: of the cluster's own resource group, as AKS names them. */
export interface NodePlace {
  readonly subscription: string;
  readonly location: string;
}

/** ARM id of a pod's group. */
export function groupIdOf({ metadata }: Pod, { subscription }: NodePlace): string {
  const name = `${metadata.namespace ?? ''}-${metadata.name}-${metadata.uid}`;
  return `/subscriptions/${subscription}/resourceGroups/MC_cleanroom_local/providers/Microsoft.ContainerInstance/containerGroups/${name}`;
}

/** @throws ConfigError for a value that cannot be had */
export function groupOfPod(pod: Pod, place: NodePlace, secret: FindSecret): GroupSpec {
  const { metadata, spec } = pod;
  const annotation = (name: string): string | null => metadata.annotations?.[`${PREFIX}.${name}`] ?? null;
  const identity = annotation('identity');
  const container = (each: PodContainer): ContainerSpec => containerOf(each, pod, secret);
  const ports = spec.containers.flatMap((each) => each.ports.map(({ containerPort }) => containerPort));
  return {
    id: groupIdOf(pod, place),
    name: metadata.name,
    location: place.location,
    identities: identity === null ? [] : [identity],
    restartPolicy: spec.restartPolicy,
    ccePolicy: annotation('ccepolicy'),
    containers: [...spec.initContainers.map(container), ...spec.containers.map(container)],
    volumes: spec.volumes.map((volume) => volumeOf(volume, secret)),
    ports: [...new Set(ports)],
    pod: {
      hostname: hostnameOf(pod),
      variables: CLUSTER_VARIABLES,
      files: VIRTUAL_NODE_MOUNTS.filter(
        ({ destination }) => spec.automountServiceAccountToken || destination !== SERVICE_ACCOUNT,
      ),
    },
  };
}

/* Of the API server: a kubelet sets them whatever `enableServiceLinks` says. */
const CLUSTER_VARIABLES: readonly string[] = [
  'KUBERNETES_SERVICE_HOST=10.0.0.1',
  'KUBERNETES_SERVICE_PORT=443',
  'KUBERNETES_SERVICE_PORT_HTTPS=443',
  'KUBERNETES_PORT=tcp://10.0.0.1:443',
  'KUBERNETES_PORT_443_TCP=tcp://10.0.0.1:443',
  'KUBERNETES_PORT_443_TCP_PROTO=tcp',
  'KUBERNETES_PORT_443_TCP_PORT=443',
  'KUBERNETES_PORT_443_TCP_ADDR=10.0.0.1',
];

/* A Job's pod is called by its index. */
function hostnameOf({ metadata: { name, labels } }: Pod): string {
  const job = labels?.['batch.kubernetes.io/job-name'];
  const index = labels?.['batch.kubernetes.io/job-completion-index'];
  return job === undefined || index === undefined ? name : `${job}-${index}`;
}

function containerOf(container: PodContainer, pod: Pod, secret: FindSecret): ContainerSpec {
  const environment = resolveEnvironment(container.env, pod, secret);
  const values = new Map(environment.map(({ name, value }) => [name, value]));
  const { command, args, securityContext, resources } = container;
  const words = [...(command ?? []), ...(args ?? [])].map((word) => expand(word, values));
  const memory = resources?.limits['memory'] ?? resources?.requests['memory'];
  return {
    name: container.name,
    image: container.image,
    command: words.length === 0 ? null : words,
    environment,
    user: userOf(container, pod.spec),
    volumeMounts: container.volumeMounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      readOnly:
        readOnly || pod.spec.volumes.some((volume) => volume.name === name && volume.secret !== undefined),
    })),
    privileged: securityContext?.privileged ?? false,
    noNewPrivileges: securityContext?.allowPrivilegeEscalation === false,
    capabilities: {
      add: securityContext?.capabilities?.add ?? [],
      drop: securityContext?.capabilities?.drop ?? [],
    },
    memoryBytes: memory === undefined ? null : bytesOf(memory),
    liveness: null,
    readiness: null,
    ...(container.restartPolicy === undefined ? {} : { restartPolicy: container.restartPolicy }),
  };
}

/* A container's own over its pod's. */
function userOf({ securityContext: own }: PodContainer, { securityContext: shared }: PodSpec): string | null {
  const user = own?.runAsUser ?? shared?.runAsUser;
  const group = own?.runAsGroup ?? shared?.runAsGroup;
  return user === undefined ? null : `${user}${group === undefined ? '' : `:${group}`}`;
}

function volumeOf({ name, secret }: PodSpec['volumes'][number], find: FindSecret): VolumeSpec {
  if (secret === undefined) return { kind: 'emptyDir', name };
  return { kind: 'secret', name, files: find(secret.secretName)?.data ?? {} };
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** A quantity in bytes; null for one that is none. */
function bytesOf(quantity: string | number): number | null {
  const [, digits = '', unit = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(String(quantity)) ?? [];
  const factor = UNITS[unit];
  return digits === '' || factor === undefined ? null : Math.floor(Number(digits) * factor);
}
