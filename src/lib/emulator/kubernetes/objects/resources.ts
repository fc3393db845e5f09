// What the local cluster has, as discovery tells it.

import type { Resource } from './objects.js';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface ResourceFacts {
  readonly resource: Resource;
  readonly kind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** Empty: the core group. */
  readonly group: '' | 'batch';
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
}

const ALL: readonly Verb[] = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
];
const READ: readonly Verb[] = ['get', 'list', 'watch'];

const core = { group: '', namespaced: true } as const;

export const RESOURCES: readonly ResourceFacts[] = [
  { ...core, resource: 'pods', kind: 'Pod', singular: 'pod', shortNames: ['po'], verbs: ALL },
  { ...core, resource: 'secrets', kind: 'Secret', singular: 'secret', shortNames: [], verbs: ALL },
  { ...core, resource: 'events', kind: 'Event', singular: 'event', shortNames: ['ev'], verbs: READ },
  {
    ...core,
    resource: 'namespaces',
    kind: 'Namespace',
    singular: 'namespace',
    shortNames: ['ns'],
    namespaced: false,
    verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  },
  {
    ...core,
    resource: 'nodes',
    kind: 'Node',
    singular: 'node',
    shortNames: ['no'],
    namespaced: false,
    verbs: READ,
  },
  {
    resource: 'jobs',
    kind: 'Job',
    singular: 'job',
    shortNames: [],
    group: 'batch',
    namespaced: true,
    verbs: ALL,
  },
];

export function factsOf(resource: Resource): ResourceFacts {
  const found = RESOURCES.find((facts) => facts.resource === resource);
  if (found === undefined) throw new Error(`no resource ${resource}`);
  return found;
}

/** `v1` or `batch/v1`. */
export function apiVersionOf({ group }: ResourceFacts): string {
  return group === '' ? 'v1' : `${group}/v1`;
}
