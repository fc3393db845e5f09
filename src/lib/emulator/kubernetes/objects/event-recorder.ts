// Events about the cluster's objects, repeated ones counted (k8s.io/client-go, tools/record).

import { randomBytes } from 'node:crypto';

import type { ClusterEvent, Job, Pod } from './objects.js';
import { type ObjectStore, seconds } from './object-store.js';

export interface EventRecorder {
  (about: Job | Pod, type: ClusterEvent['type'], reason: string, message: string): void;
}

export function createEventRecorder(objects: ObjectStore, now: () => Date, component: string): EventRecorder {
  return ({ apiVersion, kind, metadata }, type, reason, message) => {
    const { name, namespace = '', uid } = metadata;
    const time = seconds(now());
    const before = objects
      .list('events', namespace)
      .find(
        (event) => event.involvedObject.uid === uid && event.reason === reason && event.message === message,
      );
    if (before !== undefined) {
      objects.update('events', { ...before, count: before.count + 1, lastTimestamp: time });
      return;
    }
    objects.create('events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
      involvedObject: { apiVersion, kind, name, namespace, uid },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component },
    });
  };
}
