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
    rooms: async () => {
      const { connectCluster } = await import('./connect-cluster.js');
      const { createPodOperator } = await import('./pod-operator.js');
      return both(await services.rooms(), createPodOperator(await connectCluster(kubernetes)));
    },
  };
}

/* What the first does not have is the second's. */
function both(groups: RoomOperator, pods: RoomOperator): RoomOperator {
  const of = async (name: string): Promise<RoomOperator> =>
    (await groups.get(name)) === null && (await pods.get(name)) !== null ? pods : groups;
  return {
    get: async (name) => (await groups.get(name)) ?? pods.get(name),
    list: async () => [...(await groups.list()), ...(await pods.list())],
    differences: (description) => groups.differences(description),
    apply: (description, options) => groups.apply(description, options),
    restart: async (name, signal) => (await of(name)).restart(name, signal),
    remove: async (name, signal) => (await of(name)).remove(name, signal),
    logs: async (name, container, tail) => (await of(name)).logs(name, container, tail),
  };
}
