// What of a manifest would have a pod run otherwise than its policy says, or have it denied: refused, since no policy can hold it.
// Annotations and kinds are those of microsoft/virtualnodesOnAzureContainerInstances, Docs.

import type { JsonFields } from './json-fields.js';

const ANNOTATIONS = 'microsoft.containerinstance.virtualnode';

const OF_SPEC: readonly (readonly [name: string, why: string])[] = [
  ['hostNetwork', 'a confidential pod has no network of its host'],
  ['hostPID', 'a confidential pod has no host whose processes it could see'],
  ['hostIPC', 'a confidential pod has no host to share memory with'],
  ['shareProcessNamespace', 'no policy can express it'],
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
  const runtimeClass = spec.optionalString('runtimeClassName');
  if (runtimeClass !== null)
    throw spec.fail(
      'runtimeClassName',
      `is ${runtimeClass}, and a confidential pod has the runtime of its node`,
    );
  if (spec.child('securityContext').list('sysctls').length > 0)
    throw spec.child('securityContext').fail('sysctls', 'are kernel settings, which no policy can express');
  if ((spec.child('os').optionalString('name') ?? 'linux').toLowerCase() !== 'linux') {
    throw spec.fail('os', 'is not linux');
  }
}

/* What Kubernetes replaces before a container starts: k8s.io/kubernetes, third_party/forked/golang/expansion. */
const EXPANSIONS = /\$\$|\$\(([^)]*)\)/g;
/* Variables of services, which any pod has: k8s.io/kubernetes, pkg/kubelet/envvars. */
const OF_SERVICES = /^[A-Z0-9_]+_(SERVICE_HOST|(SERVICE_)?PORT(_[A-Z0-9_]+)?)$/;

/** @throws CleanroomError of the fields' code, for what has a container run otherwise than the text of its manifest says */
export function refuseUnsupportedContainer(container: JsonFields): void {
  if (container.list('volumeDevices').length > 0)
    throw container.fail('volumeDevices', 'cannot stand in a policy');
  const variables = new Set(container.children('env').map((variable) => variable.string('name')));
  for (const name of ['command', 'args'])
    refuseExpansion(container, name, container.strings(name), variables);
  for (const variable of container.children('env'))
    refuseExpansion(variable, 'value', [variable.optionalString('value') ?? ''], variables);
  for (const mount of container.children('volumeMounts')) refuseUnsupportedMount(mount);
  const procMount = container.child('securityContext').optionalString('procMount') ?? 'Default';
  if (procMount !== 'Default')
    throw container
      .child('securityContext')
      .fail('procMount', `is ${procMount}, which no policy can express`);
  const signal = container.child('lifecycle').optionalString('stopSignal');
  if (signal !== null)
    throw container
      .child('lifecycle')
      .fail('stopSignal', `is ${signal}, and the policy admits the signal of the image`);
}

/* A name that is no variable is left as it is, as in `sh -c "x=$(date)"`. */
function refuseExpansion(
  fields: JsonFields,
  name: string,
  texts: readonly string[],
  variables: ReadonlySet<string>,
): void {
  const isReplaced = ([text, variable]: RegExpMatchArray): boolean =>
    text === '$$' || (variable !== undefined && (variables.has(variable) || OF_SERVICES.test(variable)));
  const replaced = texts.flatMap((text) => [...text.matchAll(EXPANSIONS)]).find(isReplaced);
  if (replaced !== undefined)
    throw fields.fail(
      name,
      `contains ${replaced[0]}, which Kubernetes replaces before the container starts: write what it stands for`,
    );
}

function refuseUnsupportedMount(mount: JsonFields): void {
  for (const name of ['subPath', 'subPathExpr']) {
    if ((mount.optionalString(name) ?? '') !== '')
      throw mount.fail(name, 'is set, and a policy names whole volumes only');
  }
  const propagation = mount.optionalString('mountPropagation') ?? 'None';
  if (propagation !== 'None')
    throw mount.fail('mountPropagation', `is ${propagation}, and the policy’s mounts are private`);
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
