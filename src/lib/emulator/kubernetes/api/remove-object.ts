// Removing an object, and with it what belongs to it (kubernetes, garbage collection). Processes of pods are the node's to end.

import type { ObjectStore } from '../objects/object-store.js';
import type { ClusterObject, Resource } from '../objects/objects.js';

/** Removes it; its pods too, unless they are left as orphans; of a namespace all that is in it. */
export function removeObject(
  objects: ObjectStore,
  resource: Resource,
  object: ClusterObject,
  policy: 'Orphan' | 'Background',
): void {
  const { uid, name } = object.metadata;
  if (!objects.remove(resource, object)) return;
  if (resource === 'namespaces')
    for (const each of ['jobs', 'pods', 'secrets', 'events'] as const)
      for (const inside of objects.list(each, name)) objects.remove(each, inside);
  if (resource !== 'jobs') return;
  for (const pod of objects.list('pods', object.metadata.namespace ?? null)) {
    const owners = pod.metadata.ownerReferences ?? [];
    if (!owners.some((owner) => owner.uid === uid)) continue;
    if (policy === 'Background') objects.remove('pods', pod);
    else {
      const others = owners.filter((owner) => owner.uid !== uid);
      objects.update('pods', { ...pod, metadata: { ...pod.metadata, ownerReferences: others } });
    }
  }
}
