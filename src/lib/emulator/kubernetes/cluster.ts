// The local cluster as a whole: its objects, its API server, the controller of Jobs, and one virtual node.

import { join } from 'node:path';

import { describeCause } from '../../base/errors.js';
import { writeFileAtomic } from '../../base/files/atomic-write.js';
import type { RoomHost } from '../room-host/group-spec.js';
import { putStreamService, type ServiceBase } from '../service-base.js';
import { openClusterAccess } from './api/access.js';
import { createKubernetesHandler } from './api/handler.js';
import { runJobController } from './job-controller/job-controller.js';
import { KUBECONFIG_FILE, renderKubeconfig } from './kubeconfig.js';
import { createEventRecorder } from './objects/event-recorder.js';
import { openObjectStore, type ObjectStore, seconds } from './objects/object-store.js';
import { NODE_NAME, virtualNode } from './virtual-node/scheduling.js';
import { VirtualNode } from './virtual-node/virtual-node.js';

export interface OpenedCluster {
  /** URL of the API server. */
  readonly url: string;
  /** File of the host's login; mode 0600. */
  readonly kubeconfigPath: string;
}

/** Starts the cluster, which is the first party's: the others have a login without any right. */
export async function openCluster(base: ServiceBase, host: RoomHost): Promise<OpenedCluster> {
  const [owner] = base.parties;
  const objects = await openObjectStore(base.store, base.clock);
  const access = await openClusterAccess(
    base.store,
    base.parties.map(({ name }) => name),
  );
  ensureStanding(objects, seconds(base.clock()));
  const onFailure = (failure: unknown): void => base.log(`kubernetes: ${describeCause(failure)}`);
  const ending = new AbortController();
  const node = new VirtualNode({
    objects,
    host,
    place: { subscription: owner?.subscription ?? '', location: 'westeurope' },
    record: createEventRecorder(objects, base.clock, NODE_NAME),
    now: base.clock,
    onFailure,
  });
  const endController = runJobController({
    objects,
    record: createEventRecorder(objects, base.clock, 'job-controller'),
    now: base.clock,
  });
  const handler = createKubernetesHandler({
    objects,
    logs: { read: (uid, container) => node.logs(uid, container) },
    authenticate: (token) => access.authenticate(token),
    now: base.clock,
    signal: ending.signal,
  });
  const { url } = await putStreamService(base, 'kubernetes', handler);
  base.closers.push(async () => {
    ending.abort();
    endController();
    await node.close();
    await objects.saved();
  });
  const kubeconfigPath = join(base.directory, KUBECONFIG_FILE);
  const token = access.tokens.get(owner?.name ?? '') ?? '';
  await writeFileAtomic(
    kubeconfigPath,
    renderKubeconfig({ server: url, tlsRoots: base.tls.rootPem, user: owner?.name ?? '', token }),
    { mode: 0o600 },
  );
  for (const [name, own] of access.tokens)
    await writeFileAtomic(join(base.directory, 'secrets', `${name}.kubernetes-token`), own, { mode: 0o600 });
  return { url, kubeconfigPath };
}

function ensureStanding(objects: ObjectStore, time: string): void {
  for (const name of ['default', 'kube-system'])
    objects.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  objects.create('nodes', virtualNode(time));
}
