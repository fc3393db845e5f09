// Makes the Job of a deployment and its secret, and waits until its pods run, or one of them is denied.

import type { V1Job } from '@kubernetes/client-node';
import { setTimeout as sleep } from 'node:timers/promises';

import { deploymentFailed } from '../../azure/deployment-error.js';
import { CleanroomError } from '../../base/errors.js';
import { CONTRACT_TAG } from '../../ports/container-group.js';
import type { RoomState } from '../../ports/ports.js';
import { accessSecret, type JobInput, jobManifest, secretNameOf } from '../manifest/job-manifest.js';
import { askCluster, type Cluster, requireNativeSidecars } from './connect-cluster.js';
import { createPodOperator } from './pod-operator.js';

const POLL_MS = 500;

export interface CreateOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Creates the Job; one of the name that is there is not touched, and nothing is created in a cluster without native sidecars.
 *
 * @throws CleanroomError ROOM_NOT_OURS, CONFIRMATION_NEEDED where one runs, POLICY_DENIED and as deploymentFailed; SERVICE_…
 */
export async function createJob(
  cluster: Cluster,
  input: JobInput,
  options: CreateOptions,
): Promise<readonly RoomState[]> {
  const { batch, core, namespace } = cluster;
  const { name, tags } = input.group;
  await requireNativeSidecars(cluster);
  const there = await askCluster(`Job ${name}: read`, batch.readNamespacedJob({ name, namespace }));
  if (there !== null) throw alreadyThere(name, there, tags[CONTRACT_TAG] ?? '');
  const secret = accessSecret(input);
  if (secret !== null) {
    await askCluster(
      `secret of ${name}: delete`,
      core.deleteNamespacedSecret({ name: secretNameOf(name), namespace }),
    );
    const body: object = secret;
    await required(`secret of ${name}: create`, core.createNamespacedSecret({ namespace, body: body }));
  }
  const body: object = jobManifest(input);
  await required(`Job ${name}: create`, batch.createNamespacedJob({ namespace, body: body }));
  return untilUp(cluster, name, options);
}

async function required(what: string, call: Promise<unknown>): Promise<void> {
  if ((await askCluster(what, call)) === null)
    throw new CleanroomError('SERVICE_REFUSED', `${what}: the cluster has no such namespace`);
}

function alreadyThere(name: string, { metadata }: V1Job, contract: string): CleanroomError {
  const own = metadata?.annotations?.['cleanroom.dev/contract'];
  if (own === undefined)
    return new CleanroomError('ROOM_NOT_OURS', `the Job ${name} was not made by cleanroom`);
  const same = own === contract ? 'of this contract' : 'of another contract';
  return new CleanroomError('CONFIRMATION_NEEDED', `a Job ${name} ${same} is there`, {
    hint: `Remove it first: cleanroom destroy ${name}`,
  });
}

async function untilUp(
  cluster: Cluster,
  job: string,
  { signal, timeoutMs }: CreateOptions,
): Promise<readonly RoomState[]> {
  const operator = createPodOperator(cluster);
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const names = (await operator.list())
      .map(({ name }) => name)
      .filter((name) => name.replace(/-\d+$/, '') === job);
    const rooms = (await Promise.all(names.map((name) => operator.get(name)))).filter(
      (room) => room !== null,
    );
    const denied = rooms.find(({ events }) =>
      events.some(({ message }) => message.includes('policyDecision<')),
    );
    if (denied !== undefined) throw deploymentFailed({ name: denied.name, text: '', events: denied.events });
    if (rooms.length > 0 && rooms.every(({ state }) => state !== 'Pending')) return rooms;
    if (performance.now() > deadline)
      throw new CleanroomError('DEPLOYMENT_FAILED', `the pods of ${job} did not start in time`);
    await sleep(POLL_MS, undefined, { signal });
  }
}
