// What the local cluster takes of a client's object, and what it lets nobody change.

import assert from 'node:assert/strict';

import type { Json } from '../../../../src/lib/base/bytes/canonical-json.js';
import {
  admitChange,
  admitObject,
  type WritableResource,
} from '../../../../src/lib/emulator/kubernetes/api/admission.js';
import { ApiError } from '../../../../src/lib/emulator/kubernetes/api/api-error.js';
import type { ObjectsByResource } from '../../../../src/lib/emulator/kubernetes/objects/objects.js';

const POLICY = 'microsoft.containerinstance.virtualnode.ccepolicy';
const OWN = { uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: '2026-11-30T12:00:00Z' };

const container = (changes: object = {}) => ({ name: 'a', image: 'x', ...changes });
const podOf = (changes: object = {}, spec: object = {}) => ({
  metadata: { name: 'one', annotations: { [POLICY]: 'cA==' } },
  spec: { containers: [container()], ...spec },
  ...changes,
});
const jobOf = (spec: object = {}, template: object = {}) => ({
  metadata: { name: 'one' },
  spec: {
    completionMode: 'Indexed',
    completions: 2,
    template: { metadata: {}, spec: podOf().spec, ...template },
    ...spec,
  },
});
const secretOf = (changes: object = {}) => ({ metadata: { name: 'one' }, data: { A: 'YQ==' }, ...changes });

function refused(act: () => unknown): string {
  try {
    act();
    return 'not refused';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return (error.toStatus() as unknown as { reason: string }).reason;
  }
}
const admitted = (resource: WritableResource, body: object): string =>
  refused(() => admitObject(resource, 'default', body as unknown as Json));

function changed(resource: WritableResource, from: object, to: object): string {
  const sent = admitObject(resource, 'default', from as unknown as Json);
  const before = { ...sent, metadata: { ...sent.metadata, ...OWN } } as never;
  const after = admitObject(resource, 'default', to as unknown as Json);
  return refused(() => admitChange(resource, before, after));
}

describe('an object of the local cluster', () => {
  it('is of the kind and namespace of its path, with a name', () => {
    assert.equal(admitted('jobs', jobOf()), 'not refused');
    assert.equal(admitted('jobs', { ...jobOf(), kind: 'CronJob' }), 'BadRequest');
    assert.equal(admitted('jobs', { ...jobOf(), apiVersion: 'batch/v1beta1' }), 'BadRequest');
    assert.equal(
      admitted('jobs', { ...jobOf(), metadata: { name: 'one', namespace: 'other' } }),
      'BadRequest',
    );
    assert.equal(admitted('jobs', { ...jobOf(), metadata: { name: 'One' } }), 'Invalid');
    assert.equal(admitted('jobs', { ...jobOf(), metadata: {} }), 'Invalid');
  });

  it('has no member that the cluster does not run, at any depth', () => {
    for (const body of [
      jobOf({ backoffLimitPerindex: 1 }),
      { ...jobOf(), metadata: { name: 'one', label: {} } },
      jobOf({}, { spec: { ...podOf().spec, hostPID: true } }),
      jobOf({}, { spec: { containers: [container({ lifecycle: {} })] } }),
      jobOf({}, { spec: { containers: [container({ envFrom: [] })] } }),
      jobOf(
        {},
        { spec: { ...podOf().spec, initContainers: [container({ restartPolicy: 'Always', stdin: true })] } },
      ),
      jobOf({ podFailurePolicy: { rules: [{ action: 'FailJob', onExit: {} }] } }),
      { ...jobOf(), extra: 1 },
    ])
      assert.equal(admitted('jobs', body), 'BadRequest', JSON.stringify(body));
    assert.equal(admitted('secrets', secretOf({ data: { A: '?' } })), 'BadRequest');
  });

  it('keeps what nobody may change: of a Job its indexes and pods, of a pod all, of a secret what it says', () => {
    const other = { ...podOf().spec, restartPolicy: 'Never' };
    const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }];
    for (const to of [
      jobOf({ completions: 3 }),
      jobOf({ backoffLimitPerIndex: 1 }),
      jobOf({ podFailurePolicy: { rules } }),
      jobOf({}, { spec: other }),
      jobOf({}, { metadata: { annotations: { [POLICY]: 'cQ==' } } }),
    ])
      assert.equal(changed('jobs', jobOf(), to), 'Invalid', JSON.stringify(to));
    assert.equal(changed('jobs', jobOf(), jobOf({ parallelism: 2 })), 'not refused');
    assert.equal(changed('pods', podOf(), podOf({}, { restartPolicy: 'Never' })), 'Invalid');
    const repoliced = podOf({ metadata: { name: 'one', annotations: { [POLICY]: 'cQ==' } } });
    assert.equal(changed('pods', podOf(), repoliced), 'Invalid');
    assert.equal(changed('secrets', secretOf(), secretOf({ type: 'kubernetes.io/tls' })), 'Invalid');
    assert.equal(changed('secrets', secretOf(), secretOf({ data: {} })), 'not refused');
    const fixed = secretOf({ immutable: true });
    assert.equal(changed('secrets', fixed, secretOf({ immutable: true, data: {} })), 'Invalid');
    assert.equal(changed('secrets', fixed, secretOf()), 'Invalid');
  });

  it('keeps its status and its owner, whatever a client sends of them', () => {
    const ownerReferences = [{ name: 'job', uid: 'j' }];
    const sent = admitObject('pods', 'default', podOf() as unknown as Json);
    const before = {
      ...sent,
      status: { phase: 'Running' },
      metadata: { ...sent.metadata, ...OWN, ownerReferences },
    } as unknown as ObjectsByResource['pods'];
    const said = { metadata: { ...podOf().metadata, ownerReferences: [] }, status: { phase: 'Succeeded' } };
    const after = admitChange('pods', before, admitObject('pods', 'default', podOf(said) as unknown as Json));
    assert.equal(after.status.phase, 'Running');
    assert.deepEqual(after.metadata.ownerReferences, ownerReferences);
  });
});
