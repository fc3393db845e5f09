// A pod's status from what the room host shows of its group.

import type { ContainerView, GroupView } from '../../room-host/group-spec.js';
import type {
  Condition,
  ContainerStatus,
  ContainerStatusState,
  Pod,
  PodPhase,
  PodStatus,
} from '../objects/objects.js';

/** The status of a pod whose group was launched. */
export function podStatus(pod: Pod, view: GroupView, time: string): PodStatus {
  const { spec, status } = pod;
  const named = new Map(view.containers.map((container) => [container.name, container]));
  const of = (containers: readonly { readonly name: string; readonly image: string }[]): ContainerStatus[] =>
    containers.map(({ name, image }) => containerStatus(name, image, named.get(name)));
  const containers = of(spec.containers);
  const phase = phaseOf(containers);
  return {
    ...status,
    phase,
    podIP: view.address,
    podIPs: [{ ip: view.address }],
    hostIP: '127.0.0.1',
    startTime: status.startTime ?? time,
    qosClass: 'Guaranteed',
    conditions: conditionsOf(status.conditions ?? [], phase, time),
    containerStatuses: containers,
    initContainerStatuses: of(spec.initContainers),
  };
}

/* Native sidecars do not count: they end with the others. */
function phaseOf(containers: readonly ContainerStatus[]): PodPhase {
  const codes = containers.map(({ state }) => ('terminated' in state ? state.terminated.exitCode : null));
  if (codes.every((code) => code !== null)) return codes.every((code) => code === 0) ? 'Succeeded' : 'Failed';
  return containers.some(({ state }) => 'running' in state) ? 'Running' : 'Pending';
}

function containerStatus(name: string, image: string, view: ContainerView | undefined): ContainerStatus {
  const state = stateOf(view);
  const running = 'running' in state;
  return {
    name,
    image,
    imageID: image,
    ready: running,
    started: running,
    restartCount: view?.restartCount ?? 0,
    state,
  };
}

function stateOf(view: ContainerView | undefined): ContainerStatusState {
  const current = view?.currentState;
  if (current?.state === 'Running') return { running: { startedAt: current.startTime ?? '' } };
  if (current?.state !== 'Terminated') return { waiting: { reason: 'ContainerCreating' } };
  const { exitCode = 0, startTime = '', finishTime = '', detailStatus } = current;
  return { terminated: { exitCode, reason: detailStatus, startedAt: startTime, finishedAt: finishTime } };
}

function conditionsOf(before: readonly Condition[], phase: PodPhase, time: string): readonly Condition[] {
  const ready = phase === 'Running' ? 'True' : 'False';
  const wanted = [
    { type: 'PodScheduled', status: 'True' },
    { type: 'Initialized', status: 'True' },
    { type: 'ContainersReady', status: ready },
    { type: 'Ready', status: ready },
  ] as const;
  const others = before.filter(({ type }) => !wanted.some((each) => each.type === type));
  return [
    ...others,
    ...wanted.map((each): Condition => {
      const same = before.find(({ type, status }) => type === each.type && status === each.status);
      return same ?? { ...each, lastTransitionTime: time };
    }),
  ];
}
