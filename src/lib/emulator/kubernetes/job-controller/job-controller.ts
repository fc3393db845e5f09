// The controller of Jobs: looks at each Job when something of it changes, and now and then for what only time brings.

import { canonicalJson, type Json } from '../../../base/bytes/canonical-json.js';
import { removeObject } from '../api/remove-object.js';
import type { EventRecorder } from '../objects/event-recorder.js';
import { type ObjectStore, seconds } from '../objects/object-store.js';
import type { Job } from '../objects/objects.js';
import { finishedAt, planJob } from './plan-job.js';
import { jobLabels, podOfJob } from './pod-of-job.js';

export interface ControllerOptions {
  readonly objects: ObjectStore;
  readonly record: EventRecorder;
  readonly now: () => Date;
}

/** Brings one Job as far as it can go now. */
export function syncJob(found: Job, options: ControllerOptions): void {
  const { objects, record, now } = options;
  const job = withSelector(found, objects);
  const pods = objects
    .list('pods', job.metadata.namespace ?? null)
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === job.metadata.uid));
  const plan = planJob(job, pods, now(), seconds(now()));
  for (const pod of plan.end) objects.remove('pods', pod);
  for (const index of plan.create) {
    const pod = objects.create('pods', podOfJob(job, index));
    if (pod !== null) record(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
  }
  const active = (plan.status.active ?? 0) + plan.create.length;
  const status = plan.create.length === 0 ? plan.status : { ...plan.status, active };
  if (!same(status, job.status)) {
    objects.update('jobs', { ...job, status });
    const final = status.conditions?.at(-1);
    if (final !== undefined && job.status.conditions === undefined)
      record(
        job,
        final.type === 'Complete' ? 'Normal' : 'Warning',
        final.type === 'Complete' ? 'Completed' : (final.reason ?? ''),
        final.message ?? '',
      );
  }
  const finished = finishedAt({ status });
  const { ttlSecondsAfterFinished: ttl } = job.spec;
  if (finished !== null && ttl !== undefined && now().getTime() >= finished.getTime() + ttl * 1000)
    removeObject(objects, 'jobs', job, 'Background');
}

function withSelector(job: Job, objects: ObjectStore): Job {
  if (job.spec.selector !== undefined) return job;
  const matchLabels = { 'batch.kubernetes.io/controller-uid': job.metadata.uid };
  const labels = { ...job.metadata.labels, ...jobLabels(job.metadata) };
  const spec = { ...job.spec, selector: { matchLabels } };
  return objects.update('jobs', { ...job, metadata: { ...job.metadata, labels }, spec }) ?? job;
}

const LOOK_MS = 250;

/** Looks after all Jobs until it is ended. */
export function runJobController(options: ControllerOptions): () => void {
  const { objects } = options;
  let waiting = false;
  const look = (): void => {
    waiting = false;
    for (const job of objects.list('jobs', null)) syncJob(job, options);
  };
  const unsubscribe = objects.subscribe(({ resource }) => {
    if (waiting || (resource !== 'jobs' && resource !== 'pods')) return;
    waiting = true;
    setImmediate(look);
  });
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  look();
  return () => {
    unsubscribe();
    clearInterval(timer);
    waiting = true;
  };
}

function same(a: unknown, b: unknown): boolean {
  return (
    canonicalJson(JSON.parse(JSON.stringify(a)) as Json) ===
    canonicalJson(JSON.parse(JSON.stringify(b)) as Json)
  );
}
