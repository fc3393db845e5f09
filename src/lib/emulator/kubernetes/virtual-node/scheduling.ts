// Which pods the virtual node takes: its labels and its taint are those that VN2 gives its nodes.

import type { NewObject } from '../objects/object-store.js';
import type { PodSpec } from '../objects/pod-schema.js';

export const NODE_NAME = 'cleanroom-virtualnode-0';
const LABELS: Readonly<Record<string, string>> = {
  virtualization: 'virtualnode2',
  'kubernetes.io/os': 'linux',
  'kubernetes.io/arch': 'amd64',
  'kubernetes.io/hostname': NODE_NAME,
};
const TAINT = { key: 'virtual-kubelet.io/provider', value: 'azure', effect: 'NoSchedule' } as const;

export function virtualNode(time: string): NewObject<'nodes'> {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NODE_NAME, labels: LABELS },
    spec: { taints: [TAINT] },
    status: {
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastTransitionTime: time }],
      nodeInfo: { operatingSystem: 'linux', architecture: 'amd64', kubeletVersion: 'cleanroom.local' },
    },
  };
}

/** Why the node does not take a pod, in the scheduler's words; null where it does. */
export function whyUnschedulable({ nodeSelector, tolerations }: PodSpec): string | null {
  const other = Object.entries(nodeSelector).some(([name, value]) => LABELS[name] !== value);
  if (other) return "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
  const tolerated = tolerations.some(
    ({ key, operator, value, effect }) =>
      (key === undefined || key === TAINT.key) &&
      (operator === 'Exists' || value === TAINT.value) &&
      (effect === undefined || effect === '' || effect === TAINT.effect),
  );
  if (tolerated) return null;
  return `0/1 nodes are available: 1 node(s) had untolerated taint {${TAINT.key}: ${TAINT.value}}.`;
}
