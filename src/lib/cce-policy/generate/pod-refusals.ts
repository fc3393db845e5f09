// What of a manifest would have a pod run otherwise than its policy says, or have it denied: refused, since no policy can hold it.
// Annotations and kinds are those of microsoft/virtualnodesOnAzureContainerInstances, Docs.

import type { JsonFields } from './json-fields.js';

const ANNOTATIONS = 'microsoft.containerinstance.virtualnode';

const OF_SPEC: readonly (readonly [name: string, why: string])[] = [
  ['hostNetwork', 'a confidential pod has no network of its host'],
  ['hostPID', 'a confidential pod has no host whose processes it could see'],
  ['hostIPC', 'a confidential pod has no host to share memory with'],
  ['shareProcessNamespace', 'no policy can say it'],
];

const OF_ANNOTATIONS: readonly (readonly [name: string, why: string])[] = [
  ['injectkubeproxy', 'the container of kube-proxy is not in the policy: a confidential pod has none'],
  [
    'imagecachepod',
    'a standby pool’s policy is set for its node, and no pod with one of its own starts from it',
  ],
];

/** @throws CleanroomError of the fields' code, for what stands in the pod itself */
export function refuseUnsupportedPod(pod: JsonFields): void {
  const spec = pod.child('spec');
  for (const [name, why] of OF_SPEC) {
    if (spec.boolean(name, false)) throw spec.fail(name, `is true, and ${why}`);
  }
  const annotations = pod.child('metadata').child('annotations');
  for (const [name, why] of OF_ANNOTATIONS) {
    const value = annotations.get(`${ANNOTATIONS}.${name}`);
    const isOff = typeof value === 'string' ? value.toLowerCase() === 'false' : value === false;
    if (value !== undefined && !isOff) throw annotations.fail(`${ANNOTATIONS}.${name}`, `is set, and ${why}`);
  }
  if (spec.list('ephemeralContainers').length > 0) {
    throw spec.fail(
      'ephemeralContainers',
      'are no part of what is measured; name them under containers, or not at all',
    );
  }
  if ((spec.child('os').optionalString('name') ?? 'linux').toLowerCase() !== 'linux') {
    throw spec.fail('os', 'is not linux');
  }
}

/** @throws CleanroomError of the fields' code, for an object that puts containers of its own into the groups of other pods */
export function refuseCompanions(objects: readonly JsonFields[]): void {
  const companion = objects.find((object) => object.optionalString('kind') === 'VirtualDaemonSet');
  if (companion !== undefined)
    throw companion.fail(
      'kind',
      'is VirtualDaemonSet: it adds containers to pods, which their policies do not name and the guest denies; name them under containers',
    );
}
