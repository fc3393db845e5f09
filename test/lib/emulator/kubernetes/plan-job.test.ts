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

  it('ends what is active when it fails, past its deadline too', () => {
    const job = jobWith({ activeDeadlineSeconds: 60 });
    const running = podWith(job, 0, 'Running');
    const { end, status } = plan(job, [running]);
    assert.deepEqual([end, status.conditions?.at(-1)?.reason], [[running], 'DeadlineExceeded']);
    assert.deepEqual(plan({ ...job, status }, [running]).end, [running]);
  });
});
