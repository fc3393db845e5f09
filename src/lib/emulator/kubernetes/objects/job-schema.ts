// The part of a Job that the local cluster runs (k8s.io/api, batch/v1, JobSpec): Indexed ones.

import * as v from 'valibot';

import { SentMetadata } from './metadata.js';
import { PodSpecSchema } from './pod-schema.js';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

const FailureRule = v.strictObject({
  action: v.picklist(['FailJob', 'FailIndex', 'Ignore', 'Count']),
  onExitCodes: v.optional(
    v.strictObject({
      containerName: v.optional(v.nullable(v.string())),
      operator: v.picklist(['In', 'NotIn']),
      values: v.pipe(v.array(v.number()), v.minLength(1)),
    }),
  ),
  onPodConditions: v.optional(
    v.array(v.strictObject({ type: v.string(), status: v.optional(v.string(), 'True') })),
  ),
});

export const JobSpecSchema = v.strictObject({
  completionMode: v.literal('Indexed', 'the local cluster runs Indexed Jobs only'),
  completions: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000)),
  parallelism: v.optional(Count, 1),
  backoffLimit: v.optional(Count),
  backoffLimitPerIndex: v.optional(Count),
  maxFailedIndexes: v.optional(Count),
  activeDeadlineSeconds: v.optional(Count),
  ttlSecondsAfterFinished: v.optional(Count),
  suspend: v.optional(v.boolean(), false),
  podFailurePolicy: v.optional(v.strictObject({ rules: v.array(FailureRule) })),
  podReplacementPolicy: v.optional(v.string()),
  manualSelector: v.optional(v.boolean()),
  selector: v.optional(v.strictObject({ matchLabels: v.record(v.string(), v.string()) })),
  template: v.strictObject({ metadata: v.optional(SentMetadata), spec: PodSpecSchema }),
});

export type JobSpec = v.InferOutput<typeof JobSpecSchema>;
export type FailureRule = v.InferOutput<typeof FailureRule>;
