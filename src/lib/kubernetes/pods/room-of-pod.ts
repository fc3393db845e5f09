// A Job's index as a room: the newest pod that it has, in the form that container groups are shown in.

import type { CoreV1Event, V1ContainerStatus, V1Job, V1Pod } from '@kubernetes/client-node';

import { POLICY_ANNOTATION } from '../../cce-policy/generate/pod.js';
import { DEPLOYMENT_TAG, PODS_TAG } from '../../ports/container-group.js';
import type { ContainerState, RoomEvent, RoomState } from '../../ports/ports.js';

const ANNOTATION = 'cleanroom.dev/';
const INDEX = 'batch.kubernetes.io/job-completion-index';

/** The rooms of a Job, one an index, with the name of each one's pod; null where there is none yet. */
export function roomsOfJob(
  job: V1Job,
  pods: readonly V1Pod[],
): readonly { readonly room: RoomState; readonly pod: V1Pod | null }[] {
  const own = pods.filter(({ metadata }) =>
    metadata?.ownerReferences?.some(({ uid }) => uid === job.metadata?.uid),
  );
  return Array.from({ length: job.spec?.completions ?? 1 }, (_, index) => {
    const pod = newest(own.filter(({ metadata }) => metadata?.annotations?.[INDEX] === String(index)));
    return { room: roomOf(job, index, pod), pod };
  });
}

function newest(pods: readonly V1Pod[]): V1Pod | null {
  const time = ({ metadata }: V1Pod): number => metadata?.creationTimestamp?.getTime() ?? 0;
  const ranks = ({ status }: V1Pod): number => (status?.phase === 'Failed' ? 0 : 1);
  return [...pods].sort((a, b) => ranks(b) - ranks(a) || time(b) - time(a))[0] ?? null;
}

function roomOf(job: V1Job, index: number, pod: V1Pod | null): RoomState {
  const name = job.metadata?.name ?? '';
  const template = job.spec?.template;
  const ccePolicy =
    (pod === null ? template?.metadata : pod.metadata)?.annotations?.[POLICY_ANNOTATION] ?? null;
  const program = template?.spec?.containers.find((container) => container.name === 'summarizer');
  return {
    name: `${name}-${index}`,
    provisioningState: pod === null ? 'Pending' : 'Succeeded',
    state: stateOf(job, pod),
    confidential: ccePolicy !== null,
    ccePolicy,
    tags: tagsOf(job),
    ip: pod?.status?.podIP ?? null,
    fqdn: null,
    ports: (program?.ports ?? []).map(({ containerPort }) => containerPort),
    containers: containersOf(pod),
    events: [],
  };
}

/* A pod that failed is not the end, as long as the Job tries again. */
function stateOf({ status }: V1Job, pod: V1Pod | null): string {
  const failed =
    status?.conditions?.some(({ type, status: holds }) => type === 'Failed' && holds === 'True') === true;
  if (failed) return 'Failed';
  const phase = pod?.status?.phase ?? 'Pending';
  return phase === 'Failed' ? 'Pending' : phase;
}

function tagsOf(job: V1Job): Readonly<Record<string, string>> {
  const annotations = job.metadata?.annotations ?? {};
  const name = job.metadata?.name ?? '';
  const own = Object.entries(annotations)
    .filter(([key]) => key.startsWith(ANNOTATION))
    .map(([key, value]) => [`cleanroom-${key.slice(ANNOTATION.length)}`, value]);
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    [DEPLOYMENT_TAG]: name,
    [PODS_TAG]: String(job.spec?.completions ?? 1),
  };
}

function containersOf(pod: V1Pod | null): readonly ContainerState[] {
  return [...(pod?.status?.containerStatuses ?? []), ...(pod?.status?.initContainerStatuses ?? [])].map(
    containerOf,
  );
}

function containerOf({ name, image, restartCount, state }: V1ContainerStatus): ContainerState {
  const terminated = state?.terminated;
  return {
    name,
    image,
    state: state?.running === undefined ? (terminated === undefined ? 'Waiting' : 'Terminated') : 'Running',
    exitCode: terminated?.exitCode ?? null,
    restartCount,
    detail: terminated?.reason ?? state?.waiting?.reason ?? null,
  };
}

export function eventOf({ reason, message, type, count, lastTimestamp }: CoreV1Event): RoomEvent {
  return {
    container: null,
    name: reason ?? '',
    message: message ?? '',
    type: type ?? '',
    count: count ?? 1,
    lastSeen: lastTimestamp?.toISOString() ?? null,
  };
}
