// `deploy --kubernetes`: everything recomputed as for a container group, then the Job and its secret as files for kubectl or GitOps.

import { writeFileAtomic } from '../base/files/atomic-write.js';
import { CleanroomError } from '../base/errors.js';
import { SHARD_COUNT_VARIABLE } from '../contract/shard-variables.js';
import { accessSecret, jobManifest, renderManifest } from '../kubernetes/manifest/job-manifest.js';
import type { ContainerGroupDescription } from '../ports/container-group.js';
import { costOf, type CostFacts } from './deploy-plan.js';
import { describeGroups, type KeyBinding, requireDeployable } from './deploy-room.js';
import { type DeployActionInput, type DeployWatch, recomputeDeployment } from './prepare-deployment.js';
import { requireSealedDatasets } from './room-parameters.js';
import type { Environment } from '../ports/environment.js';

export interface PodDeployment {
  readonly name: string;
  readonly policyHash: string;
  readonly bindings: readonly KeyBinding[];
  readonly cost: CostFacts;
  /** The Job: holds no secret. */
  readonly path: string;
  /** The secret beside it, which only its owner can read; null where there is none. */
  readonly accessPath: string | null;
}

/** `job.yaml` to `job.access.yaml`. */
export function accessPathOf(path: string): string {
  return `${path.replace(/\.ya?ml$/i, '')}.access.yaml`;
}

/**
 * Writes the manifests of a contract for virtual nodes.
 *
 * @throws CleanroomError PLATFORM_NOT_AGREED, USAGE for a registry's login, and as prepareDeployment
 */
export async function writePodDeployment(
  environment: Environment,
  action: DeployActionInput & { readonly path: string },
  watch: DeployWatch,
): Promise<PodDeployment> {
  const count = action.replicas ?? 1;
  const recomputed = await recomputeDeployment(
    environment,
    { ...action, replicas: count },
    watch,
    'virtual-nodes',
  );
  const { input, ports } = recomputed;
  if (input.registries.some(({ kind }) => kind === 'login'))
    throw new CleanroomError('USAGE', 'a pod takes no registry login from here', {
      hint: "Let the cluster's kubelet identity pull, or add imagePullSecrets to the manifest.",
    });
  const bindings = await requireDeployable(input, ports);
  await recomputed.requireAgreement();
  await requireSealedDatasets(input.parsed.contract, action.parameters, environment.services);
  watch.progress.phase('issuing access for the room');
  const parameters = new Map([...input.parameters, [SHARD_COUNT_VARIABLE, String(count)]]);
  const [group] = await describeGroups({ ...input, replicas: null, parameters }, ports);
  if (group === undefined) throw new CleanroomError('INTERNAL', 'a room without a group');
  const secret = accessSecret({ group, count });
  const accessPath = secret === null ? null : accessPathOf(action.path);
  if (secret !== null && accessPath !== null)
    await writeFileAtomic(accessPath, renderManifest(secret), { mode: 0o600 });
  await writeFileAtomic(action.path, renderManifest(jobManifest({ group, count })));
  const pods = Array.from({ length: count }, (): ContainerGroupDescription => group);
  return {
    name: group.name,
    policyHash: input.recomputed.hash,
    bindings,
    cost: costOf(pods),
    path: action.path,
    accessPath,
  };
}
