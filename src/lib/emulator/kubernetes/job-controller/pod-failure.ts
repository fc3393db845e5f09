// What a pod that failed means for its Job: the first rule of podFailurePolicy that fits (kubernetes, pkg/controller/job,
// pod_failure_policy.go).

import type { JobSpec } from '../objects/job-schema.js';
import type { ContainerStatus, Pod } from '../objects/objects.js';

export interface PodFailure {
  readonly action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';
  /** Of the condition of a Job that fails by it. */
  readonly message: string;
}

export function failureOf({ metadata, status }: Pod, { podFailurePolicy }: JobSpec): PodFailure {
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  for (const [place, { action, onExitCodes, onPodConditions }] of (podFailurePolicy?.rules ?? []).entries()) {
    const exited =
      onExitCodes === undefined
        ? undefined
        : statuses.find(
            (each) =>
              (onExitCodes.containerName == null || each.name === onExitCodes.containerName) &&
              matches(exitCodeOf(each), onExitCodes),
          );
    if (exited !== undefined) {
      const message = `Container ${exited.name} for pod ${metadata.namespace ?? ''}/${metadata.name} failed with exit code ${exitCodeOf(exited) ?? 0} matching ${action} rule at index ${place}`;
      return { action, message };
    }
    const held = onPodConditions?.some(({ type, status: wanted }) =>
      (status.conditions ?? []).some((condition) => condition.type === type && condition.status === wanted),
    );
    if (held === true)
      return {
        action,
        message: `Pod ${metadata.name} has a condition matching ${action} rule at index ${place}`,
      };
  }
  return { action: 'Count', message: '' };
}

export function exitCodeOf({ state }: ContainerStatus): number | null {
  return 'terminated' in state ? state.terminated.exitCode : null;
}

/* A container that ended with 0 matches nothing, as in Kubernetes. */
function matches(
  code: number | null,
  { operator, values }: { readonly operator: 'In' | 'NotIn'; readonly values: readonly number[] },
): boolean {
  if (code === null || code === 0) return false;
  return values.includes(code) === (operator === 'In');
}
