// The cluster of a profile, through @kubernetes/client-node: loaded when it is first used, and never in a room.

import type { BatchV1Api, CoreV1Api, VersionApi } from '@kubernetes/client-node';

import { CleanroomError, describeCause } from '../../base/errors.js';
import { isLoopback } from '../../contract/emulated-contract.js';
import type { ProfileCluster } from '../../ports/profile.js';
import { OLDEST_MINOR } from '../manifest/job-manifest.js';

export interface Cluster {
  readonly batch: BatchV1Api;
  readonly core: CoreV1Api;
  readonly version: VersionApi;
  readonly namespace: string;
  /** URL of the API server. */
  readonly server: string;
}

/**
 * Opens the cluster that a profile names. Nothing is asked of it yet.
 *
 * @throws CleanroomError PROFILE_INVALID for one that cannot be found, or whose API server is not known by a certificate
 */
export async function connectCluster(kubernetes: ProfileCluster): Promise<Cluster> {
  const { KubeConfig, BatchV1Api, CoreV1Api, VersionApi } = await import('../sdk/client.js');
  const config = new KubeConfig();
  try {
    if (kubernetes.kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubernetes.kubeconfig);
  } catch (cause) {
    throw new CleanroomError('PROFILE_INVALID', `the kubeconfig cannot be read: ${describeCause(cause)}`, {
      cause,
    });
  }
  if (kubernetes.context !== undefined) config.setCurrentContext(kubernetes.context);
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new CleanroomError(
      'PROFILE_INVALID',
      `the kubeconfig has no cluster for the context ${config.getCurrentContext()}`,
    );
  const isPlain = !cluster.server.startsWith('https:') || cluster.skipTLSVerify;
  if (isPlain && !isLoopback(cluster.server))
    throw new CleanroomError(
      'PROFILE_INVALID',
      `the API server ${cluster.server} is not known by a certificate, and would be given access to storage`,
    );
  const context = config.getContextObject(config.getCurrentContext());
  return {
    batch: config.makeApiClient(BatchV1Api),
    core: config.makeApiClient(CoreV1Api),
    version: config.makeApiClient(VersionApi),
    namespace: kubernetes.namespace ?? context?.namespace ?? 'default',
    server: cluster.server,
  };
}

/**
 * Requires a cluster that has native sidecars: an older one takes the sidecar for an init container that never ends, and starts no room.
 *
 * @throws CleanroomError SERVICE_REFUSED, also where the version cannot be read; SERVICE_UNREACHABLE
 */
export async function requireNativeSidecars({
  version,
  server,
}: Pick<Cluster, 'version' | 'server'>): Promise<void> {
  const said = await askCluster(`version of ${server}`, version.getCode());
  const [major, minor] = [said?.major, said?.minor].map((text) =>
    Number(/^\d+/.exec(text ?? '')?.[0] ?? NaN),
  );
  if (major === 1 && minor !== undefined && minor >= OLDEST_MINOR) return;
  throw new CleanroomError(
    'SERVICE_REFUSED',
    `the cluster ${server} is Kubernetes ${said?.gitVersion ?? 'of an unknown version'}, which has no native sidecars: the room would never start`,
    { hint: `Use a cluster of Kubernetes 1.${OLDEST_MINOR} or newer.` },
  );
}

/** Runs a call; null where what it asks for is not there. @throws CleanroomError SERVICE_REFUSED, SERVICE_UNREACHABLE */
export async function askCluster<T>(what: string, call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (cause) {
    const { ApiException } = await import('../sdk/client.js');
    if (!(cause instanceof ApiException))
      throw new CleanroomError(
        'SERVICE_UNREACHABLE',
        `${what}: the cluster cannot be reached: ${describeCause(cause)}`,
        { cause },
      );
    if (cause.code === 404) return null;
    throw new CleanroomError(
      'SERVICE_REFUSED',
      `${what}: the cluster answers ${cause.code}${messageOf(cause.body)}`,
    );
  }
}

/* Of a refusal. */
const MAX_SAID = 64 * 1024;

function messageOf(body: unknown): string {
  const said = /"message":"((?:[^"\\]|\\.)*)"/.exec(
    typeof body === 'string' ? body.slice(0, MAX_SAID) : '',
  )?.[1];
  return said === undefined ? '' : `: ${said.slice(0, 400)}`;
}
