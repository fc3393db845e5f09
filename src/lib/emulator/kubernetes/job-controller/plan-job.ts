// What an Indexed Job needs next: pods to make and to end, and its status. Decided from what is there, so that nothing is
// remembered over a restart (kubernetes, pkg/controller/job).

import type { Condition, Job, JobStatus, Pod } from '../objects/objects.js';
import { failureOf } from './pod-failure.js';

export const INDEX_ANNOTATION = 'batch.kubernetes.io/job-completion-index';

export interface JobPlan {
  readonly create: readonly number[];
  readonly end: readonly Pod[];
  readonly status: JobStatus;
}

const DEFAULT_BACKOFF_LIMIT = 6;
/* Ten seconds in Kubernetes, doubled each time. */
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/** Plans for a Job and the pods that belong to it. `time` is how Kubernetes writes `now`. */
export function planJob(job: Job, pods: readonly Pod[], now: Date, time: string): JobPlan {
  const { spec, status } = job;
  const active = pods.filter(isActive);
  if (isFinished(job)) return { create: [], end: active, status: { ...status, active: 0 } };
  const tally = tallyOf(job, pods);
  const counts: JobStatus = {
    ...status,
    startTime: status.startTime ?? time,
    active: active.length,
    ready: active.filter(({ status: { phase } }) => phase === 'Running').length,
    succeeded: tally.succeeded.size,
    failed: tally.failures,
    ...(tally.succeeded.size === 0 ? {} : { completedIndexes: ranges(tally.succeeded) }),
    ...(tally.failedIndexes.size === 0 ? {} : { failedIndexes: ranges(tally.failedIndexes) }),
  };
  const failed = failureOfJob(job, tally, counts, now);
  if (failed !== null) return ended(counts, active, { type: 'Failed', ...failed }, time);
  if (tally.succeeded.size === spec.completions)
    return ended(
      counts,
      active,
      {
        type: 'Complete',
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      },
      time,
    );
  if (spec.suspend) return { create: [], end: active, status: { ...counts, active: 0, ready: 0 } };
  return { create: missing(job, active, tally, now), end: [], status: counts };
}

export function isActive({ status: { phase } }: Pod): boolean {
  return phase === 'Pending' || phase === 'Running';
}

export function isFinished({ status }: Job): boolean {
  return finishedAt({ status }) !== null;
}

/** When the Job was complete or failed; null where it is neither. */
export function finishedAt({ status }: Pick<Job, 'status'>): Date | null {
  const final = status.conditions?.find(
    ({ type, status: holds }) => holds === 'True' && (type === 'Complete' || type === 'Failed'),
  );
  return final === undefined ? null : new Date(final.lastTransitionTime);
}

export function indexOf({ metadata }: Pod): number {
  return Number(metadata.annotations?.[INDEX_ANNOTATION] ?? -1);
}

interface Tally {
  readonly succeeded: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number>;
  /** Failures that count, an index. */
  readonly perIndex: ReadonlyMap<number, readonly Pod[]>;
  readonly failures: number;
  /** Message of the rule by which the Job fails; null where none does. */
  readonly failsJob: string | null;
}

function tallyOf({ spec }: Job, pods: readonly Pod[]): Tally {
  const succeeded = new Set(pods.filter(({ status }) => status.phase === 'Succeeded').map(indexOf));
  const perIndex = new Map<number, Pod[]>();
  const failedIndexes = new Set<number>();
  let failsJob: string | null = null;
  for (const pod of pods.filter(({ status }) => status.phase === 'Failed')) {
    const { action, message } = failureOf(pod, spec);
    const index = indexOf(pod);
    if (action === 'FailJob') failsJob ??= message;
    if (action === 'FailIndex') failedIndexes.add(index);
    if (action !== 'Ignore') perIndex.set(index, [...(perIndex.get(index) ?? []), pod]);
  }
  const { backoffLimitPerIndex } = spec;
  if (backoffLimitPerIndex !== undefined)
    for (const [index, failed] of perIndex)
      if (failed.length > backoffLimitPerIndex && !succeeded.has(index)) failedIndexes.add(index);
  const failures = [...perIndex.values()].reduce((sum, failed) => sum + failed.length, 0);
  return { succeeded, failedIndexes, perIndex, failures, failsJob };
}

interface Why {
  readonly reason: string;
  readonly message: string;
}

function failureOfJob({ spec }: Job, tally: Tally, { startTime }: JobStatus, now: Date): Why | null {
  if (tally.failsJob !== null) return { reason: 'PodFailurePolicy', message: tally.failsJob };
  const { activeDeadlineSeconds, maxFailedIndexes, backoffLimitPerIndex, completions } = spec;
  const running = (now.getTime() - Date.parse(startTime ?? '')) / 1000;
  if (activeDeadlineSeconds !== undefined && running >= activeDeadlineSeconds)
    return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  if (backoffLimitPerIndex === undefined && tally.failures > (spec.backoffLimit ?? DEFAULT_BACKOFF_LIMIT))
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  if (maxFailedIndexes !== undefined && tally.failedIndexes.size > maxFailedIndexes)
    return {
      reason: 'MaxFailedIndexesExceeded',
      message: 'Job has exceeded the specified maximal number of failed indexes',
    };
  if (tally.failedIndexes.size > 0 && tally.failedIndexes.size + tally.succeeded.size === completions)
    return { reason: 'FailedIndexes', message: 'Job has failed indexes' };
  return null;
}

function ended(
  status: JobStatus,
  active: readonly Pod[],
  condition: Pick<Condition, 'type' | 'reason' | 'message'>,
  time: string,
): JobPlan {
  const first = condition.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  const conditions = [first, condition.type].map((type): Condition => ({
    ...condition,
    type,
    status: 'True',
    lastTransitionTime: time,
  }));
  const completion = condition.type === 'Complete' ? { completionTime: time } : {};
  return { create: [], end: active, status: { ...status, active: 0, ready: 0, ...completion, conditions } };
}

function missing({ spec }: Job, active: readonly Pod[], tally: Tally, now: Date): readonly number[] {
  const busy = new Set(active.map(indexOf));
  const room = spec.parallelism - active.length;
  const open = Array.from({ length: spec.completions }, (_, index) => index).filter(
    (index) =>
      !busy.has(index) &&
      !tally.succeeded.has(index) &&
      !tally.failedIndexes.has(index) &&
      mayTryAgain(tally.perIndex.get(index) ?? [], now),
  );
  return open.slice(0, Math.max(0, room));
}

function mayTryAgain(failed: readonly Pod[], now: Date): boolean {
  if (failed.length === 0) return true;
  const last = Math.max(...failed.map(endOf));
  const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (failed.length - 1), LONGEST_BACKOFF_MS);
  return now.getTime() >= last + backoff;
}

function endOf({ status, metadata }: Pod): number {
  const ends = (status.containerStatuses ?? []).map(({ state }) =>
    'terminated' in state ? Date.parse(state.terminated.finishedAt) : 0,
  );
  return Math.max(Date.parse(metadata.creationTimestamp), ...ends);
}

/** `0,2-4`. */
function ranges(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const index of sorted) {
    const last = runs.at(-1);
    if (last?.[1] === index - 1) last[1] = index;
    else runs.push([index, index]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}
