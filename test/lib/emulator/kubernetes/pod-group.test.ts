// What the local cluster's virtual node makes of a pod before it asks the room host: what Kubernetes and VN2 put in, and what a pod
// must wait for.

import assert from 'node:assert/strict';

import * as v from 'valibot';

import { PodSpecSchema } from '../../../../src/lib/emulator/kubernetes/objects/pod-schema.js';
import type { Pod, Secret } from '../../../../src/lib/emulator/kubernetes/objects/objects.js';
import { ConfigError } from '../../../../src/lib/emulator/kubernetes/virtual-node/pod-environment.js';
import { groupOfPod } from '../../../../src/lib/emulator/kubernetes/virtual-node/pod-group.js';
import { whyUnschedulable } from '../../../../src/lib/emulator/kubernetes/virtual-node/scheduling.js';

const TIME = '2026-11-30T12:00:00Z';
const PLACE = { subscription: 's', location: 'westeurope' };
const VN2 = 'microsoft.containerinstance.virtualnode';
const INDEX = 'batch.kubernetes.io/job-completion-index';
const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount';

function podWith(container: object, spec: object = {}): Pod {
  const containers = [{ name: 'summarizer', image: 'x', ...container }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name: 'notes-2-abcde', namespace: 'default', uid: 'u', resourceVersion: '1', generation: 1 },
      creationTimestamp: TIME,
      labels: { 'batch.kubernetes.io/job-name': 'notes', [INDEX]: '2' },
      annotations: { [`${VN2}.ccepolicy`]: 'cG9saWN5', [INDEX]: '2' },
    },
    spec: v.parse(PodSpecSchema, { containers, ...spec }),
    status: { phase: 'Pending' },
  };
}

const SECRET: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: podWith({}).metadata,
  type: 'Opaque',
  data: { SAS: 'c2ln' },
};
const secretNamed = (name: string): Secret | null => (name === 'access' ? SECRET : null);
const group = (pod: Pod) => groupOfPod(pod, PLACE, secretNamed);
const environment = (env: readonly object[]) => group(podWith({ env })).containers[0]!.environment;
const from = (valueFrom: object) => [{ name: 'A', valueFrom }];

describe('a pod on the virtual node', () => {
  it('is a group under the policy of its annotation, called by its index', () => {
    const { ccePolicy, pod, id } = group(podWith({}));
    assert.deepEqual([ccePolicy, pod?.hostname], ['cG9saWN5', 'notes-2']);
    assert.match(id, /containerGroups\/default-notes-2-abcde-u$/);
  });

  it('has the variables and files of every pod, and the token of a service account where it asks for one', () => {
    const { variables, files } = group(podWith({})).pod!;
    assert.ok(variables.includes('KUBERNETES_SERVICE_HOST=10.0.0.1'));
    assert.equal(variables.length, 8);
    const places = files.map(({ destination }) => destination);
    assert.equal(places.length, 5);
    assert.ok(places.includes('/etc/hosts') && places.includes(TOKEN));
    const without = group(podWith({}, { automountServiceAccountToken: false })).pod!.files;
    assert.deepEqual(
      without.map(({ destination }) => destination),
      places.filter((place) => place !== TOKEN),
    );
  });

  it('takes values from its fields, from secrets, and from variables before them', () => {
    const field = { fieldRef: { fieldPath: `metadata.annotations['${INDEX}']` } };
    assert.deepEqual(environment(from(field)), [{ name: 'A', value: '2' }]);
    assert.deepEqual(environment(from({ secretKeyRef: { name: 'access', key: 'SAS' } })), [
      { name: 'A', value: 'sig' },
    ]);
    const env = [
      { name: 'A', value: 'a' },
      { name: 'B', value: '$(A)$$(A)$(C)' },
    ];
    assert.equal(environment(env)[1]?.value, 'a$(A)$(C)');
    assert.deepEqual(group(podWith({ env, command: ['x', '$(A)'] })).containers[0]?.command, ['x', 'a']);
  });

  it('waits for a secret, a key of it, and a field that there is not', () => {
    for (const missing of [
      { secretKeyRef: { name: 'other', key: 'SAS' } },
      { secretKeyRef: { name: 'access', key: 'toString' } },
      { fieldRef: { fieldPath: 'status.podIP' } },
    ])
      assert.throws(() => environment(from(missing)), ConfigError, JSON.stringify(missing));
    assert.deepEqual(environment(from({ secretKeyRef: { name: 'other', key: 'S', optional: true } })), []);
  });

  it('has secrets as volumes that cannot be written to', () => {
    const volumeMounts = ['access', 'shared'].map((name) => ({ name, mountPath: `/${name}` }));
    const volumes = [
      { name: 'access', secret: { secretName: 'access' } },
      { name: 'shared', emptyDir: {} },
    ];
    const made = group(podWith({ volumeMounts }, { volumes }));
    assert.deepEqual(
      made.containers[0]?.volumeMounts.map(({ readOnly }) => readOnly),
      [true, false],
    );
    assert.deepEqual(made.volumes[0], { kind: 'secret', name: 'access', files: { SAS: 'c2ln' } });
  });

  it('is taken only where it selects the node and tolerates its taint', () => {
    const why = (spec: object) => whyUnschedulable(podWith({}, spec).spec);
    const tolerations = [{ key: 'virtual-kubelet.io/provider', operator: 'Exists', effect: 'NoSchedule' }];
    assert.equal(why({ tolerations, nodeSelector: { virtualization: 'virtualnode2' } }), null);
    assert.match(why({ tolerations, nodeSelector: { virtualization: 'other' } }) ?? '', /selector/);
    assert.match(why({}) ?? '', /untolerated taint/);
    assert.match(why({ tolerations: [{ ...tolerations[0], effect: 'NoExecute' }] }) ?? '', /untolerated/);
  });
});
