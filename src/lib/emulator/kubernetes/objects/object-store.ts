// The objects of the local cluster: each change has a number that grows over all of them, is told to whoever watches, and is on disk
// before the call that made it ends.

import { randomUUID } from 'node:crypto';

import * as v from 'valibot';

import type { Json } from '../../../base/bytes/canonical-json.js';
import { loadDocumentAs } from '../../state/stored-document.js';
import type { StateStore } from '../../state/state-store.js';
import type { Metadata } from './metadata.js';
import type { ObjectsByResource, Resource } from './objects.js';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface ObjectChange {
  readonly resource: Resource;
  readonly type: ChangeType;
  readonly version: number;
  readonly object: ObjectsByResource[Resource];
}

/** Metadata before the cluster has numbered it. */
export type NewMetadata = Omit<Metadata, 'uid' | 'resourceVersion' | 'generation' | 'creationTimestamp'>;
export type NewObject<R extends Resource> = Omit<ObjectsByResource[R], 'metadata'> & {
  readonly metadata: NewMetadata;
};

export interface ObjectStore {
  /** Number of the last change. */
  version(): number;
  /** In the order of their names; null: of all namespaces. */
  list<R extends Resource>(resource: R, namespace: string | null): readonly ObjectsByResource[R][];
  get<R extends Resource>(resource: R, namespace: string | null, name: string): ObjectsByResource[R] | null;
  /** @returns null where one of that name is there. */
  create<R extends Resource>(resource: R, object: NewObject<R>): ObjectsByResource[R] | null;
  /** Replaces an object by one of the same uid; null where it is gone. `generation` grows where the caller says so. */
  update<R extends Resource>(resource: R, object: ObjectsByResource[R]): ObjectsByResource[R] | null;
  remove<R extends Resource>(resource: R, object: ObjectsByResource[R]): boolean;
  /** Changes since a number; null where some of them are forgotten. */
  since(version: number): readonly ObjectChange[] | null;
  /** Told of each change; the function that is returned ends it. */
  subscribe(listener: (change: ObjectChange) => void): () => void;
  /** Resolves once all changes so far are on disk. */
  saved(): Promise<void>;
}

const DOCUMENT = 'kubernetes-objects';
const KEPT_CHANGES = 2_000;
const KEPT_EVENTS = 1_000;

const Stored = v.strictObject({
  version: v.number(),
  objects: v.record(
    v.picklist(['jobs', 'pods', 'secrets', 'events', 'namespaces', 'nodes']),
    v.array(
      v.looseObject({ kind: v.string(), metadata: v.looseObject({ name: v.string(), uid: v.string() }) }),
    ),
  ),
});

type Kept = { readonly [R in Resource]: Map<string, ObjectsByResource[R]> };

/** @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function openObjectStore(store: StateStore, now: () => Date): Promise<ObjectStore> {
  const loaded = await loadDocumentAs(store, DOCUMENT, Stored);
  let version = loaded?.version ?? 0;
  const kept = keptOf((loaded?.objects ?? {}) as unknown as Partial<Loaded>);
  const oldest = version;
  const changes: ObjectChange[] = [];
  const listeners = new Set<(change: ObjectChange) => void>();
  let dirty = false;
  let saving: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    if (!dirty) {
      dirty = true;
      saving = saving
        .catch(() => undefined)
        .then(() => {
          dirty = false;
          return store.save(DOCUMENT, { version, objects: objectsOf(kept) } as unknown as Json);
        });
      saving.catch(() => undefined);
    }
    return saving;
  };
  const tell = <R extends Resource>(type: ChangeType, resource: R, object: ObjectsByResource[R]): void => {
    const change: ObjectChange = { resource, type, version, object };
    changes.push(change);
    changes.splice(0, changes.length - KEPT_CHANGES);
    void save();
    for (const listener of [...listeners]) listener(change);
  };
  const put = <R extends Resource>(
    type: ChangeType,
    resource: R,
    object: ObjectsByResource[R],
  ): ObjectsByResource[R] => {
    version += 1;
    const numbered = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    const key = keyOf(object.metadata.namespace ?? null, object.metadata.name);
    const objects = kept[resource];
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, numbered);
    if (resource === 'events' && objects.size > KEPT_EVENTS) {
      const [first] = objects.keys();
      if (first !== undefined) objects.delete(first);
    }
    tell(type, resource, numbered);
    return numbered;
  };
  const current = <R extends Resource>(resource: R, { metadata }: ObjectsByResource[R]) => {
    const found = kept[resource].get(keyOf(metadata.namespace ?? null, metadata.name));
    return found?.metadata.uid === metadata.uid ? found : null;
  };
  return {
    version: () => version,
    list: (resource, namespace) =>
      [...kept[resource].entries()]
        .filter(([, { metadata }]) => namespace === null || metadata.namespace === namespace)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, object]) => object),
    get: (resource, namespace, name) => kept[resource].get(keyOf(namespace, name)) ?? null,
    create: (resource, object) => {
      const { metadata } = object;
      if (kept[resource].has(keyOf(metadata.namespace ?? null, metadata.name))) return null;
      const own = {
        uid: randomUUID(),
        generation: 1,
        creationTimestamp: seconds(now()),
        resourceVersion: '',
      };
      const made = { ...object, metadata: { ...metadata, ...own } };
      return put('ADDED', resource, made as unknown as ObjectsByResource[typeof resource]);
    },
    update: (resource, object) =>
      current(resource, object) === null ? null : put('MODIFIED', resource, object),
    remove: (resource, object) => {
      const found = current(resource, object);
      if (found !== null) put('DELETED', resource, found);
      return found !== null;
    },
    since: (from) => {
      const first = changes[0]?.version ?? version + 1;
      return from < oldest || from < first - 1 ? null : changes.filter((change) => change.version > from);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    saved: () => saving,
  };
}

/** A time as Kubernetes writes it: to the second. */
export function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

function keyOf(namespace: string | null, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

type Loaded = { readonly [R in Resource]: readonly ObjectsByResource[R][] };

function keptOf({ jobs, pods, secrets, events, namespaces, nodes }: Partial<Loaded>): Kept {
  return {
    jobs: byKey(jobs),
    pods: byKey(pods),
    secrets: byKey(secrets),
    events: byKey(events),
    namespaces: byKey(namespaces),
    nodes: byKey(nodes),
  };
}

function byKey<T extends { readonly metadata: Metadata }>(objects: readonly T[] = []): Map<string, T> {
  return new Map(
    objects.map((object) => [keyOf(object.metadata.namespace ?? null, object.metadata.name), object]),
  );
}

function objectsOf(kept: Kept): Loaded {
  return {
    jobs: [...kept.jobs.values()],
    pods: [...kept.pods.values()],
    secrets: [...kept.secrets.values()],
    events: [...kept.events.values()],
    namespaces: [...kept.namespaces.values()],
    nodes: [...kept.nodes.values()],
  };
}
