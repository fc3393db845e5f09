// What the local cluster's controller does for an Indexed Job, decided from the Job and its pods alone.

import assert from 'node:assert/strict';

import * as v from 'valibot';

import { planJob } from '../../../../src/lib/emulator/kubernetes/job-controller/plan-job.js';
import { podOfJob } from '../../../../src/lib/emulator/kubernetes/job-controller/pod-of-job.js';
import { JobSpecSchema } from '../../../../src/lib/emulator/kubernetes/objects/job-schema.js';
import type { Job, Pod } from '../../../../src/lib/emulator/kubernetes/objects/objects.js';

const START = '2026-11-30T12:00:00Z';
const LATER = new Date('2026-11-30T12:10:00Z');

function jobWith(changes: Readonly<Record<string, unknown>> = {}): Job {
  const spec = v.parse(JobSpecSchema, {
    completionMode: 'Indexed',
    completions: 3,
    parallelism: 3,
    backoffLimitPerIndex: 1,
    maxFailedIndexes: 0,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'summarizer', image: 'x' }] } },
    ...changes,
  });
  const metadata = {
    name: 'notes',
    namespace: 'default',
    uid: 'u',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: START,
  };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata, spec, status: { startTime: START } };
}

function podWith(job: Job, index: number, phase: Pod['status']['phase'], exitCode = 0): Pod {
  const { metadata, ...pod } = podOfJob(job, index);
  const own = { uid: `${index}-${exitCode}`, resourceVersion: '1', generation: 1, creationTimestamp: START };
  const state = { terminated: { exitCode, reason: 'Error', startedAt: START, finishedAt: START } };
  const facts = { image: 'x', imageID: 'x', ready: false, started: false, restartCount: 0 };
  const ended = phase === 'Succeeded' || phase === 'Failed';
  const status = {
    phase,
    ...(ended ? { containerStatuses: [{ name: 'summarizer', ...facts, state }] } : {}),
  };
  return { ...pod, metadata: { ...metadata, ...own }, status };
}

const plan = (job: Job, pods: readonly Pod[], now = LATER) => planJob(job, pods, now, START);
const condition = (job: Job, pods: readonly Pod[]): unknown => {
  const last = plan(job, pods).status.conditions?.at(-1);
  return last === undefined ? null : [last.type, last.reason];
};

describe('the plan for an Indexed Job', () => {
  it('makes a pod for each index, as many at once as may be', () => {
    assert.deepEqual(plan(jobWith(), []).create, [0, 1, 2]);
    const narrow = jobWith({ parallelism: 1 });
    assert.deepEqual(plan(narrow, [podWith(narrow, 0, 'Succeeded')]).create, [1]);
    assert.deepEqual(plan(jobWith({ suspend: true }), []).create, []);
  });

  it('gives each pod its index, in a variable that the template does not declare', () => {
    const { spec, metadata } = podOfJob(jobWith(), 2);
    assert.equal(metadata.annotations?.['batch.kubernetes.io/job-completion-index'], '2');
    assert.deepEqual(
      spec.containers[0]?.env.map(({ name }) => name),
      ['JOB_COMPLETION_INDEX'],
    );
    const env = [{ name: 'JOB_COMPLETION_INDEX', value: '7' }];
    const declared = jobWith({ template: { spec: { containers: [{ name: 'a', image: 'x', env }] } } });
    assert.deepEqual(podOfJob(declared, 2).spec.containers[0]?.env, env);
  });

  it('is complete with all indexes, and not before', () => {
    const job = jobWith();
    const two = [0, 1].map((index) => podWith(job, index, 'Succeeded'));
    assert.equal(condition(job, [...two, podWith(job, 2, 'Running')]), null);
    assert.deepEqual(condition(job, [...two, podWith(job, 2, 'Succeeded')]), [
      'Complete',
      'CompletionsReached',
    ]);
    assert.equal(plan(job, [...two, podWith(job, 2, 'Succeeded')]).status.completedIndexes, '0-2');
  });

  it('tries an index again as often as backoffLimitPerIndex says, after a while, and then fails', () => {
    const job = jobWith();
    const once = [podWith(job, 1, 'Failed', 23)];
    assert.deepEqual(plan(job, once).create, [0, 1, 2]);
    assert.deepEqual(plan(job, once, new Date(START)).create, [0, 2]);
    const twice = [...once, podWith(job, 1, 'Failed', 24)];
    assert.deepEqual(condition(job, twice), ['Failed', 'MaxFailedIndexesExceeded']);
    assert.deepEqual(condition(jobWith({ maxFailedIndexes: 2 }), twice), null);
  });

  it('fails at once by a rule of podFailurePolicy, and does not count a disrupted pod', () => {
    const onExitCodes = { containerName: 'summarizer', operator: 'In', values: [10] };
    const rules = [
      { action: 'FailJob', onExitCodes },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
    ];
    const job = jobWith({ backoffLimitPerIndex: 0, podFailurePolicy: { rules } });
    assert.deepEqual(condition(job, [podWith(job, 0, 'Failed', 10)]), ['Failed', 'PodFailurePolicy']);
    const lost = podWith(job, 0, 'Failed', 137);
    const conditions = [{ type: 'DisruptionTarget', status: 'True', lastTransitionTime: START } as const];
    assert.equal(condition(job, [{ ...lost, status: { ...lost.status, conditions } }]), null);
    assert.deepEqual(condition(job, [lost]), ['Failed', 'MaxFailedIndexesExceeded']);
  });

  it('takes a rule by its container and by codes that are failures alone', () => {
    const onExitCodes = { containerName: 'summarizer', operator: 'NotIn', values: [1] };
    const job = jobWith({ podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes }] } });
    const failed = podWith(job, 0, 'Failed', 10);
    const named = (name: string, exitCode: number): Pod => {
      const [status] = failed.status.containerStatuses!;
      const terminated = { exitCode, reason: 'Error', startedAt: START, finishedAt: START };
      const containerStatuses = [{ ...status!, name, state: { terminated } }];
      return { ...failed, status: { ...failed.status, containerStatuses } };
    };
    assert.deepEqual(condition(job, [named('summarizer', 10)]), ['Failed', 'PodFailurePolicy']);
    assert.equal(condition(job, [named('skr', 10)]), null);
    assert.equal(condition(job, [named('summarizer', 0)]), null);
  });

  it('gives an index up, by a rule or after its tries, while the others go on, and fails with the last of them', () => {
    const onExitCodes = { operator: 'In', values: [10] };
    const rules = [{ action: 'FailIndex', onExitCodes }];
    const job = jobWith({
      maxFailedIndexes: undefined,
      backoffLimitPerIndex: 5,
      podFailurePolicy: { rules },
    });
    const failed = podWith(job, 1, 'Failed', 10);
    assert.deepEqual(plan(job, [failed]).create, [0, 2]);
    assert.equal(plan(job, [failed]).status.failedIndexes, '1');
    const others = [0, 2].map((index) => podWith(job, index, 'Succeeded'));
    assert.equal(condition(job, [failed, others[0]!, podWith(job, 2, 'Running')]), null);
    assert.deepEqual(condition(job, [failed, ...others]), ['Failed', 'FailedIndexes']);
  });

  it('counts the failures of all indexes where there is no limit an index', () => {
    const job = jobWith({ backoffLimitPerIndex: undefined, maxFailedIndexes: undefined, backoffLimit: 1 });
    const failures = [0, 1].map((index) => podWith(job, index, 'Failed', 1));
    assert.equal(condition(job, failures.slice(1)), null);
    assert.deepEqual(condition(job, failures), ['Failed', 'BackoffLimitExceeded']);
  });

  it('makes no second pod for an index that is at work or done', () => {
    const job = jobWith();
    const pods = [podWith(job, 0, 'Running'), podWith(job, 1, 'Pending'), podWith(job, 2, 'Succeeded')];
    assert.deepEqual(plan(jobWith({ parallelism: 9 }), pods).create, []);
  });

  it('ends what is active when it fails, past its deadline too', () => {
    const job = jobWith({ activeDeadlineSeconds: 60 });
    const running = podWith(job, 0, 'Running');
    const { end, status } = plan(job, [running]);
    assert.deepEqual([end, status.conditions?.at(-1)?.reason], [[running], 'DeadlineExceeded']);
    assert.deepEqual(plan({ ...job, status }, [running]).end, [running]);
  });
});
