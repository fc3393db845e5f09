// The pods of a contract's room on virtual nodes: an Indexed Job, and the secret that its variables are taken from. Annotations are
// those of microsoft/virtualnodesOnAzureContainerInstances, Docs/PodCustomizations.md; the rest is Kubernetes batch/v1 and v1.

import { stringify } from 'yaml';

import { POLICY_ANNOTATION } from '../../cce-policy/generate/pod.js';
import { CONFINED_SECURITY_CONTEXT } from '../../cce-policy/generate/security-context.js';
import { ROOM_USER } from '../../contract/room-plan.js';
import { SHARD_INDEX_VARIABLE } from '../../contract/shard-variables.js';
import { toBase64 } from '../../base/bytes/base64.js';
import { utf8 } from '../../base/bytes/arrays.js';
import {
  ACCESS_ENDS_TAG,
  type ContainerGroupDescription,
  type GroupContainer,
  type GroupVariable,
} from '../../ports/container-group.js';
import { ROOM_EXIT } from '../../room/exit-codes.js';

const ANNOTATIONS = 'microsoft.containerinstance.virtualnode';
const INDEX_FIELD = "metadata.annotations['batch.kubernetes.io/job-completion-index']";
const SIDECAR = 'skr';
const PROGRAM = 'summarizer';
/** Kubernetes' own variables have the same name in every pod, so that a label selects what cleanroom made. */
export const DEPLOYMENT_LABEL = 'cleanroom.dev/deployment';

/* What comes of the terms, and would come of them again: another pod changes nothing. */
const FINAL_EXITS = [
  ROOM_EXIT.configuration,
  ROOM_EXIT.policy,
  ROOM_EXIT.contractRefused,
  ROOM_EXIT.port,
  ROOM_EXIT.budgetSpent,
];
const TRIES_PER_INDEX = 4;
/* As long as the room's access to storage. */
const DEADLINE_SECONDS = 24 * 60 * 60;
const KEPT_SECONDS = 7 * 24 * 60 * 60;

export interface JobInput {
  /** As for one container group, with the variables of a shard but the index. */
  readonly group: ContainerGroupDescription;
  /** How many pods share the documents. */
  readonly count: number;
}

/** An object of Kubernetes, as its API takes it. */
export type Manifest = Readonly<Record<string, unknown>>;

/** The Job: no secret stands in it, so that it can be kept where others read. */
export function jobManifest({ group, count }: JobInput): Manifest {
  const labels = { [DEPLOYMENT_LABEL]: group.name };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: group.name, labels, annotations: describedBy(group) },
    spec: {
      completionMode: 'Indexed',
      completions: count,
      parallelism: count,
      backoffLimitPerIndex: TRIES_PER_INDEX,
      maxFailedIndexes: 0,
      activeDeadlineSeconds: DEADLINE_SECONDS,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      podFailurePolicy: {
        rules: [
          { action: 'FailJob', onExitCodes: { containerName: PROGRAM, operator: 'In', values: FINAL_EXITS } },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
      template: { metadata: { labels, annotations: podAnnotations(group) }, spec: podSpec(group) },
    },
  };
}

/** The secret with the room's access to storage and vaults; null where nothing of it is secret. */
export function accessSecret({ group }: JobInput): Manifest | null {
  const secure = group.containers.flatMap(({ environment }) => environment.filter((each) => each.secure));
  if (secure.length === 0) return null;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secretNameOf(group.name), labels: { [DEPLOYMENT_LABEL]: group.name } },
    type: 'Opaque',
    immutable: true,
    data: Object.fromEntries(secure.map(({ name, value }) => [name, toBase64(utf8(value))])),
  };
}

/** Kubernetes 1.N in which the feature gate SidecarContainers is on by default: older ones have no native sidecars. */
export const OLDEST_MINOR = 29;

/** The Job as a file, which says first where it can run. */
export function renderJob(job: JobInput): string {
  return `# Needs Kubernetes 1.${OLDEST_MINOR} or newer (native sidecars) and virtual nodes on Azure Container Instances.\n${renderManifest(jobManifest(job))}`;
}

/** YAML of one object. */
export function renderManifest(manifest: Manifest): string {
  return stringify(manifest, { lineWidth: 0 });
}

/** Name of the secret of a Job. */
export function secretNameOf(job: string): string {
  return `${job}-access`;
}

/* What a later look needs: annotations, since a label has no room for a digest. */
function describedBy({ tags }: ContainerGroupDescription): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(tags)
      .filter(([name]) => name !== ACCESS_ENDS_TAG)
      .map(([name, value]) => [`cleanroom.dev/${name.replace(/^cleanroom-/, '')}`, value]),
  );
}

function podAnnotations({
  ccePolicy,
  identity,
}: ContainerGroupDescription): Readonly<Record<string, string>> {
  return {
    ...(ccePolicy === null ? {} : { [POLICY_ANNOTATION]: ccePolicy }),
    ...(identity === null ? {} : { [`${ANNOTATIONS}.identity`]: identity }),
    /* A confidential pod has no kube-proxy, so the cluster's name service cannot be reached from it. */
    [`${ANNOTATIONS}.injectdns`]: 'false',
  };
}

function podSpec(group: ContainerGroupDescription): Manifest {
  const secret = secretNameOf(group.name);
  const isSidecar = ({ name }: GroupContainer): boolean => name === SIDECAR;
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    nodeSelector: { virtualization: 'virtualnode2', 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists', effect: 'NoSchedule' }],
    /* As a native sidecar it does not keep the Job from being complete. */
    initContainers: group.containers
      .filter(isSidecar)
      .map((container) => ({ ...containerOf(container, secret), restartPolicy: 'Always' })),
    containers: group.containers
      .filter((container) => !isSidecar(container))
      .map((container) => containerOf(container, secret)),
  };
}

function containerOf(container: GroupContainer, secret: string): Manifest {
  const { name, image, command, environment, ports, cpu, memoryGiB } = container;
  const amounts = { cpu: String(cpu), memory: `${memoryGiB}Gi` };
  return {
    name,
    image,
    ...(command === null ? {} : { command }),
    ...(ports.length === 0
      ? {}
      : { ports: ports.map((containerPort) => ({ containerPort, protocol: 'TCP' })) }),
    env: [
      ...environment.map((variable) => variableOf(variable, secret)),
      ...(name === PROGRAM ? [INDEX] : []),
    ],
    resources: { requests: amounts, limits: amounts },
    ...(container.unprivileged ? { securityContext: confined(container) } : {}),
  };
}

/* As the policy has it, whose names of capabilities confcom compares as they are written. That the root is read-only no policy
   can demand; whoever unpacks a model writes to it, since a volume of ACI's belongs to root. */
function confined({ writesFiles }: GroupContainer): Manifest {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: [...CONFINED_SECURITY_CONTEXT.dropCapabilities] },
    readOnlyRootFilesystem: !writesFiles,
    runAsNonRoot: true,
    runAsUser: ROOM_USER,
    runAsGroup: ROOM_USER,
  };
}

/* Declared here, and not left to the Job's controller: what the manifest does not say is not in view of who reads it. */
const INDEX: Manifest = { name: SHARD_INDEX_VARIABLE, valueFrom: { fieldRef: { fieldPath: INDEX_FIELD } } };

function variableOf({ name, value, secure }: GroupVariable, secret: string): Manifest {
  return secure ? { name, valueFrom: { secretKeyRef: { name: secret, key: name } } } : { name, value };
}
