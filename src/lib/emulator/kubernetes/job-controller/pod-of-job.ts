// A pod of an Indexed Job, as the Job's controller makes it (kubernetes, pkg/controller/job, indexed_job_utils.go).

import { randomInt } from 'node:crypto';

import type { NewObject } from '../objects/object-store.js';
import type { Job } from '../objects/objects.js';
import type { PodSpec } from '../objects/pod-schema.js';
import { INDEX_ANNOTATION } from './plan-job.js';

const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX';

/** Labels by which a Job knows its pods. */
export function jobLabels({
  name,
  uid,
}: {
  readonly name: string;
  readonly uid: string;
}): Readonly<Record<string, string>> {
  return {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
}

export function podOfJob({ metadata, spec }: Job, index: number): NewObject<'pods'> {
  const { name, namespace = '', uid } = metadata;
  const { template } = spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${index}-${suffix()}`,
      namespace,
      labels: { ...template.metadata?.labels, ...jobLabels(metadata), [INDEX_ANNOTATION]: String(index) },
      annotations: { ...template.metadata?.annotations, [INDEX_ANNOTATION]: String(index) },
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: withIndex(template.spec),
    status: { phase: 'Pending' },
  };
}

/* Only where the template does not declare it, in init containers too. */
function withIndex(spec: PodSpec): PodSpec {
  const variable = {
    name: INDEX_VARIABLE,
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX_ANNOTATION}']` } },
  };
  const give = <C extends PodSpec['containers'][number]>(container: C): C =>
    container.env.some(({ name }) => name === INDEX_VARIABLE)
      ? container
      : { ...container, env: [...container.env, variable] };
  return { ...spec, containers: spec.containers.map(give), initContainers: spec.initContainers.map(give) };
}

/* Without letters that make words, as Kubernetes' names. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

function suffix(): string {
  return Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}
