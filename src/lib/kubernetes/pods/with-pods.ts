// The services of a profile that names a cluster: its rooms are container groups, and pods of that cluster.

import type { Profile } from '../../ports/profile.js';
import type { RoomOperator } from '../../ports/ports.js';
import type { Services } from '../../ports/services.js';

/** As `services`, and the rooms of the profile's cluster too, where it names one. */
export function withPods(services: Services, profile: Profile): Services {
  const { kubernetes } = profile;
  if (kubernetes === undefined) return services;
  return {
    ...services,
    cluster: async () => {
      const { connectCluster } = await import('./connect-cluster.js');
      const { createJob } = await import('./create-job.js');
      const cluster = await connectCluster(kubernetes);
      const { server } = cluster;
      return { server, create: (group, count, options) => createJob(cluster, { group, count }, options) };
    },
    groups: () => services.rooms(),
    rooms: async () => {
      let pods: Promise<RoomOperator> | undefined;
      return groupsAndPods(await services.rooms(), () => (pods ??= openPods(kubernetes)));
    },
  };
}

async function openPods(kubernetes: NonNullable<Profile['kubernetes']>): Promise<RoomOperator> {
  const { connectCluster } = await import('./connect-cluster.js');
  const { createPodOperator } = await import('./pod-operator.js');
  return createPodOperator(await connectCluster(kubernetes));
}

/**
 * Container groups, and where there is none of a name, the pod of that name.
 *
 * @param openPods - asked only where no container group answers: the cluster's client takes longer to load than all else.
 */
export function groupsAndPods(groups: RoomOperator, openPods: () => Promise<RoomOperator>): RoomOperator {
  const of = async (name: string): Promise<RoomOperator> => {
    if ((await groups.get(name)) !== null) return groups;
    const pods = await openPods();
    return (await pods.get(name)) === null ? groups : pods;
  };
  return {
    get: async (name) => (await groups.get(name)) ?? (await openPods()).get(name),
    list: async () => [...(await groups.list()), ...(await (await openPods()).list())],
    differences: (description) => groups.differences(description),
    apply: (description, options) => groups.apply(description, options),
    restart: async (name, signal) => (await of(name)).restart(name, signal),
    remove: async (name, signal) => (await of(name)).remove(name, signal),
    logs: async (name, container, tail) => (await of(name)).logs(name, container, tail),
  };
}
