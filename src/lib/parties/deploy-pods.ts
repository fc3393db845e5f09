// `deploy --kubernetes`: everything recomputed as for a container group, then the Job and its secret as files for kubectl or
// GitOps, or in the profile's cluster.

import { writeFileAtomic } from '../base/files/atomic-write.js';
import { CleanroomError } from '../base/errors.js';
import { SHARD_COUNT_VARIABLE } from '../contract/shard-variables.js';
import type { Contract } from '../contract/schema.js';
import { isLoopback } from '../contract/emulated-contract.js';
import {
  accessSecret,
  type JobInput,
  renderJob,
  renderManifest,
} from '../kubernetes/manifest/job-manifest.js';
import type { ContainerGroupDescription } from '../ports/container-group.js';
import { costOf, type CostFacts } from './deploy-plan.js';
import { describeGroups, type KeyBinding, requireDeployable } from './deploy-room.js';
import {
  DEFAULT_TIMEOUT_MS,
  type DeployActionInput,
  type DeployWatch,
  recomputeDeployment,
} from './prepare-deployment.js';
import type { JobCluster, RoomState } from '../ports/ports.js';
import { requireSealedDatasets } from './room-parameters.js';
import type { Environment } from '../ports/environment.js';

export interface PodDeployment {
  readonly name: string;
  readonly policyHash: string;
  readonly bindings: readonly KeyBinding[];
  readonly cost: CostFacts;
  /** The Job: holds no secret; null where it was applied. */
  readonly path: string | null;
  /** The secret beside it, which only its owner can read; null where there is none. */
  readonly accessPath: string | null;
  /** The pods, where they were applied. */
  readonly rooms: readonly RoomState[];
}

/** `job.yaml` to `job.access.yaml`. */
export function accessPathOf(path: string): string {
  return `${path.replace(/\.ya?ml$/i, '')}.access.yaml`;
}

/**
 * Writes the manifests of a contract for virtual nodes; without a path, creates what they say in the profile's cluster.
 *
 * @throws CleanroomError PLATFORM_NOT_AGREED, EMULATED_CONTRACT, PROFILE_INVALID, CONFIRMATION_NEEDED, USAGE for a registry's login, and as prepareDeployment
 */
export async function deployPods(
  environment: Environment,
  action: DeployActionInput & { readonly path: string | null },
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
  const pods = Array.from({ length: count }, (): ContainerGroupDescription => group);
  const deployment = {
    name: group.name,
    policyHash: input.recomputed.hash,
    bindings,
    cost: costOf(pods),
  };
  const job = { group, count };
  if (action.path !== null) return { ...deployment, ...(await writeFiles(job, action.path)), rooms: [] };
  const cluster = await openCluster(environment);
  requireLocalCluster(input.parsed.contract, cluster.server);
  watch.progress.phase('creating the Job');
  const timeoutMs = action.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const rooms = await cluster.create(group, count, { signal: watch.signal, timeoutMs });
  return { ...deployment, path: null, accessPath: null, rooms };
}

async function openCluster({ profile, services }: Environment): Promise<JobCluster> {
  if (services.cluster !== undefined) return services.cluster();
  throw new CleanroomError(
    'PROFILE_INVALID',
    `profile ${profile.name} (${profile.source}) names no cluster`,
    {
      hint: 'Add to the profile: kubernetes: { kubeconfig: FILE, namespace: NAME }',
    },
  );
}

async function writeFiles(job: JobInput, path: string): Promise<Pick<PodDeployment, 'path' | 'accessPath'>> {
  const secret = accessSecret(job);
  const accessPath = secret === null ? null : accessPathOf(path);
  if (secret !== null && accessPath !== null)
    await writeFileAtomic(accessPath, renderManifest(secret), { mode: 0o600 });
  await writeFileAtomic(path, renderJob(job));
  return { path, accessPath };
}

/* A rehearsal stays on this machine: what a real cluster would run is no rehearsal. */
function requireLocalCluster({ trust }: Contract, server: string): void {
  if (trust !== undefined && !isLoopback(server))
    throw new CleanroomError(
      'EMULATED_CONTRACT',
      `the contract is for a local Azure, and the cluster ${server} is not on this machine`,
    );
}
