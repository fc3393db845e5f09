// The objects that the local cluster keeps, by resource.

import type { Metadata } from './metadata.js';
import type { JobSpec } from './job-schema.js';
import type { PodSpec } from './pod-schema.js';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime: string;
}

export interface JobStatus {
  readonly active?: number;
  readonly ready?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly terminating?: number;
  /** `0,2-4`. */
  readonly completedIndexes?: string;
  readonly failedIndexes?: string;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly conditions?: readonly Condition[];
}

export interface Job {
  readonly apiVersion: 'batch/v1';
  readonly kind: 'Job';
  readonly metadata: Metadata;
  readonly spec: JobSpec;
  readonly status: JobStatus;
}

export type ContainerStatusState =
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly running: { readonly startedAt: string } }
  | {
      readonly terminated: {
        readonly exitCode: number;
        readonly reason: string;
        readonly startedAt: string;
        readonly finishedAt: string;
      };
    };

export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restartCount: number;
  readonly state: ContainerStatusState;
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

export interface PodStatus {
  readonly phase: PodPhase;
  readonly reason?: string;
  readonly message?: string;
  readonly podIP?: string;
  readonly podIPs?: readonly { readonly ip: string }[];
  readonly hostIP?: string;
  readonly startTime?: string;
  readonly conditions?: readonly Condition[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly qosClass?: string;
}

export interface Pod {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: Metadata;
  readonly spec: PodSpec;
  readonly status: PodStatus;
}

export interface Secret {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly metadata: Metadata;
  readonly type: string;
  readonly immutable?: boolean;
  /** Base64. */
  readonly data: Readonly<Record<string, string>>;
}

export interface Namespace {
  readonly apiVersion: 'v1';
  readonly kind: 'Namespace';
  readonly metadata: Metadata;
  readonly spec: { readonly finalizers: readonly string[] };
  readonly status: { readonly phase: 'Active' };
}

export interface Node {
  readonly apiVersion: 'v1';
  readonly kind: 'Node';
  readonly metadata: Metadata;
  readonly spec: {
    readonly taints: readonly { readonly key: string; readonly value: string; readonly effect: string }[];
  };
  readonly status: {
    readonly conditions: readonly Condition[];
    readonly nodeInfo: Readonly<Record<string, string>>;
  };
}

export interface ClusterEvent {
  readonly apiVersion: 'v1';
  readonly kind: 'Event';
  readonly metadata: Metadata;
  readonly involvedObject: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
  };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly source: { readonly component: string };
}

/** Resource, as its path names it, to the object. */
export interface ObjectsByResource {
  readonly jobs: Job;
  readonly pods: Pod;
  readonly secrets: Secret;
  readonly events: ClusterEvent;
  readonly namespaces: Namespace;
  readonly nodes: Node;
}

export type Resource = keyof ObjectsByResource;
export type ClusterObject = ObjectsByResource[Resource];
