// A container group as the room host runs it, and what it shows of it (ACI).

import type { MountRule } from '../../cce-policy/policy-document.js';
import type { HttpProbe } from './probes.js';

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export interface ContainerSpec {
  readonly name: string;
  /** As deployed, `name@sha256:…` or `name:tag`. */
  readonly image: string;
  /** Null: the image's own entrypoint and command. */
  readonly command: readonly string[] | null;
  /** Plain and secure values alike. */
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly: boolean;
  }[];
  /** `UID[:GID]` of `securityContext.runAsUser` and `runAsGroup`; null: the image's own user. */
  readonly user: string | null;
  /** `securityContext.privileged`. */
  readonly privileged: boolean;
  /** Whether `securityContext.allowPrivilegeEscalation` is false. */
  readonly noNewPrivileges: boolean;
  /** `securityContext.capabilities`: beyond ACI's defaults, and of them those that are taken away. */
  readonly capabilities: { readonly add: readonly string[]; readonly drop: readonly string[] };
  /** What it may take; null: what the machine has. */
  readonly memoryBytes: number | null;
  readonly liveness: HttpProbe | null;
  readonly readiness: HttpProbe | null;
  /** Of a native sidecar; the group's if absent. */
  readonly restartPolicy?: RestartPolicy;
}

/** What a virtual node gives each container of a pod, besides what container groups give. */
export interface PodFacts {
  readonly hostname: string;
  /** `NAME=VALUE`: of the cluster's services. */
  readonly variables: readonly string[];
  /** Files of the kubelet's, by where they are mounted. */
  readonly files: readonly Pick<MountRule, 'destination' | 'options'>[];
}

export type VolumeSpec =
  | {
      readonly kind: 'azureFile';
      readonly name: string;
      readonly account: string;
      readonly share: string;
      readonly readOnly: boolean;
    }
  | { readonly kind: 'emptyDir'; readonly name: string }
  | { readonly kind: 'secret'; readonly name: string; readonly files: Readonly<Record<string, string>> };

export interface GroupSpec {
  /** ARM id as it was created. */
  readonly id: string;
  readonly name: string;
  readonly location: string;
  /** ARM ids of its user-assigned identities. */
  readonly identities: readonly string[];
  readonly restartPolicy: RestartPolicy;
  /** Base64 of the CCE policy; null for a group that is not confidential. */
  readonly ccePolicy: string | null;
  readonly containers: readonly ContainerSpec[];
  readonly volumes: readonly VolumeSpec[];
  /** Ports that the group or a container of it names. */
  readonly ports: readonly number[];
  /** Of a group that is a pod on a virtual node. */
  readonly pod?: PodFacts;
}

export interface GroupEvent {
  readonly name: string;
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
}

export interface ContainerState {
  readonly state: 'Waiting' | 'Running' | 'Terminated';
  readonly startTime?: string;
  readonly exitCode?: number;
  readonly finishTime?: string;
  readonly detailStatus: string;
}

export interface ContainerView {
  readonly name: string;
  readonly currentState: ContainerState;
  readonly previousState: ContainerState | null;
  readonly restartCount: number;
  readonly events: readonly GroupEvent[];
}

export type GroupState = 'Pending' | 'Running' | 'Stopped' | 'Succeeded' | 'Failed';

export interface GroupView {
  readonly state: GroupState;
  /** The group's own loopback address. */
  readonly address: string;
  readonly events: readonly GroupEvent[];
  readonly containers: readonly ContainerView[];
}

/** Why a group did not start, in the words of its operation. */
export interface LaunchFailure {
  readonly code: string;
  readonly message: string;
}

/** What Azure Resource Manager asks of the machine that runs groups. */
export interface RoomHost {
  /** The first image of the group that cannot be pulled, or null. */
  inaccessibleImage(spec: GroupSpec): Promise<string | null>;
  /** Starts the group's containers, or none of them. Null once they run. */
  launch(spec: GroupSpec): Promise<LaunchFailure | null>;
  /** Ends the group's processes; what was logged stays. */
  halt(id: string): Promise<void>;
  /** Ends the processes and forgets the group. */
  remove(id: string): Promise<void>;
  view(id: string): GroupView | null;
  /** Lines of stdout and stderr; null for an unknown container. */
  logs(id: string, container: string): Promise<string | null>;
}
