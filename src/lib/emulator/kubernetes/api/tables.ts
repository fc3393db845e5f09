// Objects as a table, which `kubectl get` asks for (apimachinery, meta/v1, Table): the columns of Kubernetes' own printers.

import type { ClusterEvent, ClusterObject, ContainerStatus, Job, Pod, Resource } from '../objects/objects.js';

type Cells = readonly (string | number)[];

interface Printer {
  readonly columns: readonly string[];
  readonly cells: (object: never, now: Date) => Cells;
}

const PRINTERS: { readonly [R in Resource]?: Printer } = {
  pods: { columns: ['Name', 'Ready', 'Status', 'Restarts', 'Age'], cells: podCells },
  jobs: { columns: ['Name', 'Status', 'Completions', 'Duration', 'Age'], cells: jobCells },
  events: { columns: ['Last Seen', 'Type', 'Reason', 'Object', 'Message'], cells: eventCells },
};
const PLAIN: Printer = { columns: ['Name', 'Age'], cells: plainCells };

/** The table of some objects of a resource. */
export function tableOf(
  resource: Resource,
  objects: readonly ClusterObject[],
  metadata: Readonly<Record<string, string>>,
  now: Date,
): unknown {
  const { columns, cells } = PRINTERS[resource] ?? PLAIN;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map((name) => ({
      name,
      type: 'string',
      format: name === 'Name' ? 'name' : '',
      description: name,
      priority: 0,
    })),
    rows: objects.map((object) => ({
      cells: cells(object as never, now),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}

function podCells({ metadata, status, spec }: Pod, now: Date): Cells {
  const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  const ready = statuses.filter((each) => each.ready).length;
  const restarts = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const all = spec.containers.length + spec.initContainers.length;
  return [
    metadata.name,
    `${ready}/${all}`,
    podState(status, statuses),
    restarts,
    age(metadata.creationTimestamp, now),
  ];
}

function podState({ phase, reason }: Pod['status'], statuses: readonly ContainerStatus[]): string {
  const waiting = statuses.map(({ state }) => ('waiting' in state ? state.waiting.reason : '')).find(Boolean);
  if (phase === 'Succeeded') return 'Completed';
  if (phase === 'Failed') return reason ?? 'Error';
  return waiting ?? phase;
}

function jobCells({ metadata, spec, status }: Job, now: Date): Cells {
  const ended = status.conditions?.find(
    ({ type, status: holds }) => holds === 'True' && /^(?:Complete|Failed)$/.test(type),
  );
  const state = ended?.type ?? (spec.suspend ? 'Suspended' : 'Running');
  const end = ended === undefined ? now : new Date(ended.lastTransitionTime);
  const duration = status.startTime === undefined ? '' : age(status.startTime, end);
  return [
    metadata.name,
    state,
    `${status.succeeded ?? 0}/${spec.completions}`,
    duration,
    age(metadata.creationTimestamp, now),
  ];
}

function eventCells(event: ClusterEvent, now: Date): Cells {
  const { lastTimestamp, type, reason, involvedObject, message } = event;
  return [
    age(lastTimestamp, now),
    type,
    reason,
    `${involvedObject.kind.toLowerCase()}/${involvedObject.name}`,
    message,
  ];
}

function plainCells({ metadata }: ClusterObject, now: Date): Cells {
  return [metadata.name, age(metadata.creationTimestamp, now)];
}

function age(since: string, now: Date): string {
  const passed = Math.max(0, Math.floor((now.getTime() - Date.parse(since)) / 1000));
  if (passed < 120) return `${passed}s`;
  return passed < 7200 ? `${Math.floor(passed / 60)}m` : `${Math.floor(passed / 3600)}h`;
}
