// Container groups and the long-running operations on them: what was asked for is kept on disk and outlives a restart.
// One operation a group at a time, as Azure: a second is refused until the first has ended.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import * as v from 'valibot';

import { canonicalJson } from '../../base/bytes/canonical-json.js';
import { describeCause } from '../../base/errors.js';
import { type FaultSource } from '../faults/fault-file.js';
import { AzureError } from '../http/azure-error.js';
import type { JsonObject } from '../http/messages.js';
import type { GroupView, LaunchFailure, RoomHost } from '../room-host/group-spec.js';
import { createChanges } from '../state/changes.js';
import { loadDocumentAs } from '../state/stored-document.js';
import type { StateStore } from '../state/state-store.js';
import { parseGroupBody, toGroupSpec } from './group-request.js';
import { normalRegion } from './regions.js';

const Record = v.strictObject({
  id: v.string(),
  name: v.string(),
  location: v.string(),
  /** The request as it came, secrets included: a restart of the emulator needs them. */
  body: v.record(v.string(), v.any()),
  provisioningState: v.picklist(['Pending', 'Creating', 'Succeeded', 'Failed']),
  /** Stopped groups stay stopped over a restart. */
  stopped: v.boolean(),
  /** Tells this group from an earlier one of its name. */
  instance: v.optional(v.string(), ''),
});
const Operation = v.strictObject({
  id: v.string(),
  groupId: v.string(),
  status: v.picklist(['Pending', 'Succeeded', 'Failed']),
  error: v.nullable(v.strictObject({ code: v.string(), message: v.string() })),
  startTime: v.optional(v.string(), ''),
});
const State = v.strictObject({ groups: v.array(Record), operations: v.array(Operation) });

export type GroupRecord = v.InferOutput<typeof Record>;
export type GroupOperation = v.InferOutput<typeof Operation>;

export interface GroupRecords {
  get(id: string): GroupRecord | null;
  /** Groups whose id begins with `prefix`. */
  list(prefix: string): readonly GroupRecord[];
  view(record: GroupRecord): GroupView | null;
  operation(id: string): GroupOperation | null;
  /** Creates or changes a group; the operation is null where nothing changes. @throws AzureError */
  put(id: string, name: string, body: JsonObject): Promise<PutOutcome>;
  /** Replaces the tags, and nothing else. */
  tag(record: GroupRecord, tags: Readonly<Record<string, string>>): Promise<GroupRecord>;
  remove(record: GroupRecord): Promise<void>;
  /** @throws AzureError 409, as `restart` and `stop` */
  start(record: GroupRecord): Promise<GroupOperation>;
  restart(record: GroupRecord): Promise<void>;
  stop(record: GroupRecord): Promise<void>;
  /** How an operation ends; resolves when it has. */
  ended(operation: GroupOperation): Promise<LaunchFailure | null>;
  /** Starts again what ran when the emulator ended. Resolves when all of it was tried. */
  resume(): Promise<void>;
  /** Begins nothing more; resolves when what is under way has ended. */
  close(): Promise<void>;
}

export interface PutOutcome {
  readonly record: GroupRecord;
  readonly created: boolean;
  readonly operation: GroupOperation | null;
}

export interface GroupRecordsOptions {
  readonly store: StateStore;
  readonly host: RoomHost;
  readonly faults: FaultSource;
  /** Told of a failure in the background. */
  readonly onFailure: (failure: unknown) => void;
}

const DOCUMENT = 'container-groups';
/** Operations that are remembered for clients that still poll. */
const KEPT_OPERATIONS = 100;

/** Opens the groups of a state store. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function openGroupRecords({
  store,
  host,
  faults,
  onFailure,
}: GroupRecordsOptions): Promise<GroupRecords> {
  const state = createChanges<v.InferOutput<typeof State>>({
    initial: (await loadDocumentAs(store, DOCUMENT, State)) ?? { groups: [], operations: [] },
    copy: ({ groups, operations }) => ({ groups: [...groups], operations: [...operations] }),
    save: (changed) => store.save(DOCUMENT, changed),
  });
  const find = (id: string): GroupRecord | undefined =>
    state.current.groups.find((record) => sameId(record.id, id));
  const update = (record: GroupRecord, change: Partial<GroupRecord>): Promise<GroupRecord> =>
    state.change(({ groups }) => {
      const place = groups.findIndex(({ instance, id }) => id === record.id && instance === record.instance);
      const changed = { ...(groups[place] ?? record), ...change };
      if (place >= 0) groups[place] = changed;
      return changed;
    });
  const isCurrent = ({ id, instance }: GroupRecord): boolean => find(id)?.instance === instance;

  const closing = new AbortController();
  const underWay = new Map<string, Promise<LaunchFailure | null>>();
  /* Ids, in lower case, of groups that an operation is changing. */
  const changing = new Set<string>();
  const claim = (id: string, name: string): (() => void) => {
    const key = id.toLowerCase();
    if (changing.has(key)) throw transitioning(name);
    changing.add(key);
    return () => changing.delete(key);
  };

  /* Runs `work` behind an operation that clients can poll; the group is free again when it has ended. */
  const begin = async (
    record: GroupRecord,
    release: () => void,
    work: () => Promise<LaunchFailure | null>,
  ): Promise<GroupOperation> => {
    const operation: GroupOperation = {
      id: randomUUID(),
      groupId: record.id,
      status: 'Pending',
      error: null,
      startTime: new Date().toISOString(),
    };
    await state.change(({ operations }) => {
      operations.push(operation);
      operations.splice(0, operations.length - KEPT_OPERATIONS);
    });
    const done = work()
      .catch((cause: unknown) => ({ code: 'InternalServerError', message: describeCause(cause) }))
      .then(async (failure) => {
        await finish(record, operation, failure).catch(onFailure);
        return failure;
      })
      .finally(() => {
        release();
        underWay.delete(operation.id);
      });
    underWay.set(operation.id, done);
    return operation;
  };
  const finish = (
    record: GroupRecord,
    { id }: GroupOperation,
    failure: LaunchFailure | null,
  ): Promise<void> =>
    state.change(({ groups, operations }) => {
      const place = operations.findIndex((operation) => operation.id === id);
      const operation = operations[place];
      if (operation !== undefined)
        operations[place] = {
          ...operation,
          status: failure === null ? 'Succeeded' : 'Failed',
          error: failure,
        };
      const at = groups.findIndex((kept) => kept.id === record.id && kept.instance === record.instance);
      const group = groups[at];
      if (group !== undefined)
        groups[at] = { ...group, provisioningState: failure === null ? 'Succeeded' : 'Failed' };
    });
  const launch = async (record: GroupRecord): Promise<LaunchFailure | null> => {
    const slow = await faults('provisioning-slow', record.name);
    if (slow !== null)
      await delay(slow.seconds * 1000, undefined, { signal: closing.signal }).catch(() => undefined);
    if (closing.signal.aborted) return null;
    if ((await faults('provisioning-failed', record.name)) !== null)
      return {
        code: 'ContainerGroupDeploymentFailed',
        message: `The deployment of container group '${record.name}' failed: the subscription deployment did not reach a running state.`,
      };
    return isCurrent(record) ? host.launch(specOf(record)) : null;
  };

  const replace = async (id: string, name: string, body: JsonObject): Promise<PutOutcome> => {
    const parsed = parseGroupBody(body, name);
    const existing = find(id);
    if (existing !== undefined && unchanged(existing, body))
      return { record: existing, created: false, operation: null };
    const location = parsed.location ?? '';
    if (existing !== undefined && normalRegion(existing.location) !== normalRegion(location))
      throw otherLocation(existing, location);
    const release = claim(id, name);
    try {
      const inaccessible = await host.inaccessibleImage(toGroupSpec(parsed, id, name));
      if (inaccessible !== null || (await faults('image-not-found', name)) !== null)
        throw inaccessibleImage(
          inaccessible ?? parsed.properties.containers[0]?.properties.image ?? '',
          name,
        );
      const record: GroupRecord = {
        id: existing?.id ?? id,
        name,
        location,
        body: { ...body },
        provisioningState: 'Pending',
        stopped: false,
        instance: randomUUID(),
      };
      if (existing !== undefined) await host.remove(existing.id);
      await state.change((draft) => {
        draft.groups = [...draft.groups.filter((other) => !sameId(other.id, id)), record];
      });
      const operation = await begin(record, release, () => launch(record));
      return { record, created: existing === undefined, operation };
    } catch (cause) {
      release();
      throw cause;
    }
  };

  const again = async (
    record: GroupRecord,
    work: (changed: GroupRecord) => Promise<LaunchFailure | null>,
  ): Promise<GroupOperation> => {
    const release = claim(record.id, record.name);
    try {
      const changed = await update(record, { stopped: false });
      return await begin(changed, release, () => work(changed));
    } catch (cause) {
      release();
      throw cause;
    }
  };

  return {
    get: (id) => find(id) ?? null,
    list: (prefix) =>
      state.current.groups.filter((record) => record.id.toLowerCase().startsWith(prefix.toLowerCase())),
    view: (record) => host.view(record.id),
    operation: (id) => state.current.operations.find((operation) => operation.id === id) ?? null,
    put: replace,
    tag: (record, tags) => update(record, { body: { ...record.body, tags: { ...tags } } }),

    // A group can be deleted whatever is under way: the operation then ends without it.
    remove: async (record) => {
      await state.change((draft) => {
        draft.groups = draft.groups.filter((other) => !sameId(other.id, record.id));
      });
      await host.remove(record.id);
    },

    start: (record) =>
      again(record, (changed) =>
        host.view(record.id)?.state === 'Running' ? Promise.resolve(null) : launch(changed),
      ),

    // Resolves when the group has been started again: there is no operation that a client could poll.
    restart: async (record) => {
      const { id } = await again(record, async (changed) => {
        await host.halt(record.id);
        return launch(changed);
      });
      await underWay.get(id);
    },

    stop: async (record) => {
      const release = claim(record.id, record.name);
      try {
        await update(record, { stopped: true });
        await host.halt(record.id);
      } finally {
        release();
      }
    },

    ended: (operation) => underWay.get(operation.id) ?? Promise.resolve(operation.error),

    resume: async () => {
      await state.change((draft) => {
        draft.operations = draft.operations.map((operation) =>
          operation.status === 'Pending' ? { ...operation, status: 'Failed' } : operation,
        );
      });
      const running = state.current.groups.filter(
        (record) => !record.stopped && record.provisioningState !== 'Failed',
      );
      await Promise.all(
        running.map(async (record) => {
          const failure = await launch(record);
          await update(record, { provisioningState: failure === null ? 'Succeeded' : 'Failed' });
        }),
      );
    },

    close: async () => {
      closing.abort();
      await Promise.all(underWay.values());
    },
  };
}

function specOf(record: GroupRecord): ReturnType<typeof toGroupSpec> {
  return toGroupSpec(parseGroupBody(record.body, record.name), record.id, record.name);
}

function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Deployed again with the same body: nothing to do, unless the last attempt failed. */
function unchanged(record: GroupRecord, body: JsonObject): boolean {
  return record.provisioningState !== 'Failed' && canonicalJson(record.body) === canonicalJson(body);
}

/** Code and text of the service (LEARN "ContainerGroupTransitioning error"). */
function transitioning(name: string): AzureError {
  return new AzureError(
    409,
    'ContainerGroupTransitioning',
    `The container group '${name}' is still transitioning, please retry later.`,
  );
}

function otherLocation({ name, location }: GroupRecord, asked: string): AzureError {
  return new AzureError(
    409,
    'InvalidResourceLocation',
    `The resource '${name}' already exists in location '${location}'. A resource with the same name cannot be created in location '${asked}'. Please select a new resource name.`,
  );
}

/** Code and text of the service, as public reports show them. */
function inaccessibleImage(image: string, group: string): AzureError {
  return new AzureError(
    400,
    'InaccessibleImage',
    `The image '${image}' in container group '${group}' is not accessible. Please check the image and registry credential.`,
  );
}
