// A container group as ARM returns it: what its containers did last, and what their exit codes mean.

import type { ErrorCode } from '../../base/error-codes.js';
import type { Diagnosis } from './diagnosis.js';
import { isRecord, type JsonRecord } from './unfold.js';

interface ExitMeaning {
  readonly why: string;
  readonly code: ErrorCode | null;
}

/* The summarizer's exit codes, from which docs/reference/room-api.md is made, and those of the kernel. */
export const CONTAINER_EXITS: Readonly<Record<number, ExitMeaning>> = {
  1: { why: 'the program itself failed', code: 'INTERNAL' },
  10: { why: 'its configuration is not one it may run with', code: 'ROOM_CONFIG_INVALID' },
  11: {
    why: 'its policy is not the measured one, or does not pin the contract',
    code: 'ROOM_POLICY_MISMATCH',
  },
  12: { why: 'the contract is not in the contract blob', code: 'BLOB_MISSING' },
  13: {
    why: 'the contract in storage is not the one that the policy pins',
    code: 'CONTRACT_DIGEST_MISMATCH',
  },
  14: {
    why: 'it cannot listen on its port: another program has it, or it needs a privilege',
    code: 'ROOM_PORT_UNUSABLE',
  },
  20: { why: 'a key was not released to it', code: 'KEY_RELEASE_DENIED' },
  21: { why: 'a sealed blob is not there or not readable for the room', code: 'BLOB_MISSING' },
  22: { why: 'a dataset is not the one that its owner stated', code: 'SEAL_STATEMENT_REJECTED' },
  23: { why: 'a text cannot be used', code: 'TEXT_EMPTY' },
  30: { why: 'the model is missing, another one, or failed', code: 'MODEL_DIGEST_MISMATCH' },
  31: {
    why: 'there is too little memory for the model: raise memoryGiB in the contract',
    code: 'MODEL_TOO_LARGE',
  },
  32: { why: 'its directory for temporary files is full or read-only', code: 'ROOM_TMP_UNUSABLE' },
  41: { why: 'the contract allows no further results', code: 'BUDGET_SPENT' },
  50: { why: 'the sidecar or a service cannot be reached', code: 'SERVICE_UNREACHABLE' },
  137: { why: 'it was killed, usually for want of memory: raise memoryGiB in the contract', code: null },
  139: { why: 'it crashed (segmentation fault)', code: null },
  143: { why: 'it was told to end', code: null },
};

/** Whether an object is a container group with a life of its own. */
export function isContainerGroup(value: JsonRecord): boolean {
  const containers = containersOf(value);
  const views = [value, ...containers].map((holder) => properties(holder)['instanceView']);
  return containers.length > 0 && (views.some(isRecord) || 'provisioningState' in properties(value));
}

/** What the group's containers say; the events' own denials are explained elsewhere. */
export function explainGroup(group: JsonRecord): Diagnosis {
  const name = typeof group['name'] === 'string' ? group['name'] : 'the group';
  const containers = containersOf(group).map(describeContainer);
  const ended = containers.filter(({ meaning }) => meaning !== null);
  const warnings = [...eventsOf(group), ...containersOf(group).flatMap((container) => eventsOf(container))];
  const code = ended.find(({ meaning }) => meaning?.code != null)?.meaning?.code ?? null;
  return {
    kind: 'container-group',
    code,
    what: `Container group ${name} is ${stateOf(group)}.`,
    why: [...containers.map(({ line }) => line), ...warnings.slice(0, 10)],
    fix: [
      `cleanroom logs ${name} --container summarizer`,
      ...(code === null ? [] : [`cleanroom why ${code}`]),
    ],
    claims: [],
  };
}

function describeContainer(container: JsonRecord): {
  readonly line: string;
  readonly meaning: ExitMeaning | null;
} {
  const { view, current } = statesOf(container);
  const name = typeof container['name'] === 'string' ? container['name'] : 'a container';
  const exit = current['exitCode'];
  const meaning =
    typeof exit === 'number' && exit !== 0 ? (CONTAINER_EXITS[exit] ?? { why: 'unknown', code: null }) : null;
  const restarts =
    typeof view['restartCount'] === 'number' && view['restartCount'] > 0
      ? `, restarted ${view['restartCount']} times`
      : '';
  const said = current['detailStatus'] ?? current['detail'];
  const detail = typeof said === 'string' && said !== '' ? ` (${said.slice(0, 200)})` : '';
  const state = typeof current['state'] === 'string' ? current['state'] : 'not started';
  const how = typeof exit === 'number' ? `, exit ${exit}${meaning === null ? '' : `: ${meaning.why}`}` : '';
  return { line: `Container ${name}: ${state}${how}${detail}${restarts}.`, meaning };
}

/* `cleanroom status --json` says of a container itself what ARM says in its instance view. */
function statesOf(container: JsonRecord): { readonly view: JsonRecord; readonly current: JsonRecord } {
  const view = properties(container)['instanceView'];
  if (isRecord(view)) return { view, current: record(view['currentState']) };
  return { view: container, current: container };
}

function stateOf(group: JsonRecord): string {
  const { instanceView, provisioningState } = properties(group);
  const state = record(instanceView)['state'] ?? properties(group)['state'] ?? provisioningState;
  return typeof state === 'string' ? state : 'in an unknown state';
}

function eventsOf(holder: JsonRecord): readonly string[] {
  const events = record(properties(holder)['instanceView'])['events'] ?? holder['events'];
  if (!Array.isArray(events)) return [];
  return events.flatMap((event: unknown) => {
    const { type, name, message, lastTimestamp, lastSeen } = record(event);
    if (typeof message !== 'string' || (type !== 'Warning' && name !== 'Failed')) return [];
    if (message.includes('policyDecision')) return [];
    // An event stays after what it tells of is over: its time lets the reader see that.
    const time = lastTimestamp ?? lastSeen;
    const when = typeof time === 'string' ? `, last at ${time.slice(0, 30)}` : '';
    return [`Event ${String(name)}${when}: ${message.slice(0, 400)}`];
  });
}

function containersOf(group: JsonRecord): readonly JsonRecord[] {
  const containers = properties(group)['containers'];
  return Array.isArray(containers) ? containers.filter(isRecord) : [];
}

/* ARM nests under `properties`; the CLI and the SDKs flatten. */
function properties(value: JsonRecord): JsonRecord {
  return isRecord(value['properties']) ? value['properties'] : value;
}

function record(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}
