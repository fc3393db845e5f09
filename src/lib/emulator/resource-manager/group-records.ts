// Container groups and the long-running operations on them: what was asked for is kept on disk and outlives a restart.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import * as v from 'valibot';

import { canonicalJson } from '../../base/bytes/canonical-json.js';
import { describeCause } from '../../base/errors.js';
import { type FaultSource } from '../faults/fault-file.js';
import { AzureError } from '../http/azure-error.js';
import type { JsonObject } from '../http/messages.js';
import type { GroupView, LaunchFailure, RoomHost } from '../room-host/group-spec.js';
import { loadDocumentAs } from '../state/stored-document.js';
import type { StateStore } from '../state/state-store.js';
import { parseGroupBody, toGroupSpec } from './group-request.js';

const Record = v.strictObject({
  id: v.string(),
  name: v.string(),
  location: v.string(),
  /** The request as it came, secrets included: a restart of the emulator needs them. */
  body: v.record(v.string(), v.any()),
  provisioningState: v.picklist(['Pending', 'Creating', 'Succeeded', 'Failed']),
  /** Stopped groups stay stopped over a restart. */
  stopped: v.boolean(),
});
const Operation = v.strictObject({
  id: v.string(),
  groupId: v.string(),
  status: v.picklist(['Pending', 'Succeeded', 'Failed']),
  error: v.nullable(v.strictObject({ code: v.string(), message: v.string() })),
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
  remove(record: GroupRecord): Promise<void>;
  start(record: GroupRecord): Promise<GroupOperation>;
  restart(record: GroupRecord): Promise<GroupOperation>;
  stop(record: GroupRecord): Promise<void>;
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
  const state = (await loadDocumentAs(store, DOCUMENT, State)) ?? { groups: [], operations: [] };
  const save = (): Promise<void> => store.save(DOCUMENT, state);
  const find = (id: string): GroupRecord | undefined =>
    state.groups.find((record) => record.id.toLowerCase() === id.toLowerCase());
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  const specOf = (record: GroupRecord) =>
    toGroupSpec(parseGroupBody(record.body, record.name), record.id, record.name);

  const finish = async (
    record: GroupRecord,
    operation: GroupOperation,
    failure: LaunchFailure | null,
  ): Promise<void> => {
    operation.status = failure === null ? 'Succeeded' : 'Failed';
    operation.error = failure;
    if (find(record.id) === record) record.provisioningState = failure === null ? 'Succeeded' : 'Failed';
    await save();
  };
  const begin = async (
    record: GroupRecord,
    work: () => Promise<LaunchFailure | null>,
  ): Promise<GroupOperation> => {
    const operation: GroupOperation = {
      id: randomUUID(),
      groupId: record.id,
      status: 'Pending',
      error: null,
    };
    state.operations.push(operation);
    state.operations.splice(0, state.operations.length - KEPT_OPERATIONS);
    await save();
    const done = work()
      .catch((cause: unknown) => ({ code: 'InternalServerError', message: describeCause(cause) }))
      .then((failure) => finish(record, operation, failure))
      .catch(onFailure)
      .finally(() => underWay.delete(done));
    underWay.add(done);
    return operation;
  };
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
    return find(record.id) === record ? host.launch(specOf(record)) : null;
  };

  return {
    get: (id) => find(id) ?? null,
    list: (prefix) =>
      state.groups.filter((record) => record.id.toLowerCase().startsWith(prefix.toLowerCase())),
    view: (record) => host.view(record.id),
    operation: (id) => state.operations.find((operation) => operation.id === id) ?? null,

    put: async (id, name, body) => {
      const parsed = parseGroupBody(body, name);
      const existing = find(id);
      if (existing !== undefined && unchanged(existing, body))
        return { record: existing, created: false, operation: null };
      const inaccessible = await host.inaccessibleImage(toGroupSpec(parsed, id, name));
      if (inaccessible !== null || (await faults('image-not-found', name)) !== null)
        throw inaccessibleImage(
          inaccessible ?? parsed.properties.containers[0]?.properties.image ?? '',
          name,
        );
      const record: GroupRecord = {
        id: existing?.id ?? id,
        name,
        location: parsed.location,
        body: { ...body },
        provisioningState: 'Pending',
        stopped: false,
      };
      if (existing !== undefined) await host.remove(existing.id);
      state.groups = [...state.groups.filter((other) => other !== existing), record];
      const operation = await begin(record, () => launch(record));
      return { record, created: existing === undefined, operation };
    },

    remove: async (record) => {
      state.groups = state.groups.filter((other) => other !== record);
      await host.remove(record.id);
      await save();
    },

    start: (record) => {
      record.stopped = false;
      return begin(record, () =>
        host.view(record.id)?.state === 'Running' ? Promise.resolve(null) : launch(record),
      );
    },

    restart: (record) => {
      record.stopped = false;
      return begin(record, async () => {
        await host.halt(record.id);
        return launch(record);
      });
    },

    stop: async (record) => {
      record.stopped = true;
      await host.halt(record.id);
      await save();
    },

    resume: async () => {
      for (const operation of state.operations)
        if (operation.status === 'Pending') operation.status = 'Failed';
      const running = state.groups.filter(
        (record) => !record.stopped && record.provisioningState !== 'Failed',
      );
      await Promise.all(
        running.map(async (record) => {
          const failure = await launch(record);
          record.provisioningState = failure === null ? 'Succeeded' : 'Failed';
        }),
      );
      await save();
    },

    close: async () => {
      closing.abort();
      await Promise.all(underWay);
    },
  };
}

/** Deployed again with the same body: nothing to do, unless the last attempt failed. */
function unchanged(record: GroupRecord, body: JsonObject): boolean {
  return record.provisioningState !== 'Failed' && canonicalJson(record.body) === canonicalJson(body);
}

/** Real text of the service (azure-wire, issue 7 list). */
function inaccessibleImage(image: string, group: string): AzureError {
  return new AzureError(
    400,
    'InaccessibleImage',
    `The image '${image}' in container group '${group}' is not accessible. Please check the image and registry credential.`,
  );
}
