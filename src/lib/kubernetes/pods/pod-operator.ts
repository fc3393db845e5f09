// Rooms that are pods of Jobs, to the commands that know container groups: seen, read and removed with their Job.

import { CleanroomError } from '../../base/errors.js';
import type { RoomOperator, RoomState } from '../../ports/ports.js';
import { DEPLOYMENT_LABEL, secretNameOf } from '../manifest/job-manifest.js';
import { askCluster, type Cluster } from './connect-cluster.js';
import { eventOf, roomsOfJob } from './room-of-pod.js';

type FoundRoom = ReturnType<typeof roomsOfJob>[number];

export function createPodOperator({ batch, core, namespace }: Cluster): RoomOperator {
  const find = async (): Promise<readonly FoundRoom[]> => {
    const what = `Jobs of the namespace ${namespace}`;
    const wanted = { namespace, labelSelector: DEPLOYMENT_LABEL };
    const jobs = await askCluster(what, batch.listNamespacedJob(wanted));
    if (jobs === null || jobs.items.length === 0) return [];
    const pods = await askCluster(what, core.listNamespacedPod(wanted));
    return jobs.items.flatMap((job) => roomsOfJob(job, pods?.items ?? []));
  };
  const named = async (name: string): Promise<FoundRoom | null> =>
    (await find()).find(({ room }) => room.name === name) ?? null;
  return {
    get: async (name) => {
      const found = await named(name);
      const uid = found?.pod?.metadata?.uid;
      if (found === null || uid === undefined) return found?.room ?? null;
      const fieldSelector = `involvedObject.uid=${uid}`;
      const events = await askCluster(
        `events of ${name}`,
        core.listNamespacedEvent({ namespace, fieldSelector }),
      );
      return { ...found.room, events: (events?.items ?? []).map(eventOf) };
    },
    list: async () => (await find()).map(({ room }): RoomState => room),
    logs: async (name, container, tail) => {
      const pod = (await named(name))?.pod?.metadata?.name;
      if (pod === undefined) return '';
      const tailLines = tail === null ? {} : { tailLines: tail };
      const wanted = { name: pod, namespace, container, ...tailLines };
      return (await askCluster(`log of ${name}`, core.readNamespacedPodLog(wanted))) ?? '';
    },
    remove: async (name) => {
      const found = await named(name);
      if (found === null) return false;
      const job = found.room.name.replace(/-\d+$/, '');
      await askCluster(
        `Job ${job}: delete`,
        batch.deleteNamespacedJob({ name: job, namespace, propagationPolicy: 'Background' }),
      );
      await askCluster(
        `secret of ${job}: delete`,
        core.deleteNamespacedSecret({ name: secretNameOf(job), namespace }),
      );
      return true;
    },
    differences: () => Promise.reject(notHere('compared')),
    apply: () => Promise.reject(notHere('deployed')),
    restart: () => Promise.reject(notHere('restarted')),
  };
}

function notHere(what: string): CleanroomError {
  return new CleanroomError('USAGE', `a pod is not ${what} one by one: its Job starts pods again`, {
    hint: 'Remove the Job and deploy again: cleanroom destroy ROOM, cleanroom deploy --kubernetes --apply',
  });
}
