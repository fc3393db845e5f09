// The container group of a room: one description that the SDK's request, the ARM template and the Bicep file are made from.

import { planRoom, type RoomContainer, type RoomPlanInput } from '../contract/room-plan.js';
import { SHARD_VARIABLE } from '../contract/shard-variables.js';
import { assertNever, CleanroomError } from '../base/errors.js';

export interface GroupVariable {
  readonly name: string;
  readonly value: string;
  /** Sent as `secureValue`: never returned by the platform, never printed by us. */
  readonly secure: boolean;
}

/** Asked over https by the platform. It needs no right in the CCE policy: an exec probe would need one, so there is none. */
export interface GroupProbe {
  readonly path: string;
  readonly port: number;
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly failureThreshold: number;
  readonly timeoutSeconds: number;
}

export interface GroupContainer {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[] | null;
  readonly environment: readonly GroupVariable[];
  readonly ports: readonly number[];
  readonly cpu: number;
  readonly memoryGiB: number;
  readonly liveness: GroupProbe | null;
  readonly readiness: GroupProbe | null;
  /** Started as the room's user, without capabilities, and unable to gain privileges. */
  readonly unprivileged: boolean;
  /** Whether it writes files of its own, which a read-only root would not let it. */
  readonly writesFiles: boolean;
  readonly mounts: readonly { readonly volume: string; readonly path: string }[];
}

/** How images of one registry are pulled: by the room's identity, or by a login whose password is secret. */
export type GroupRegistry =
  | { readonly kind: 'identity'; readonly server: string; readonly identity: string }
  | { readonly kind: 'login'; readonly server: string; readonly username: string; readonly password: string };

/** An Azure file share, mounted read-only; its account's key is secret. */
export interface GroupVolume {
  readonly name: string;
  readonly account: string;
  readonly share: string;
  readonly accountKey: string;
}

export interface ContainerGroupDescription {
  readonly name: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Resource id of the user-assigned identity; null for none. */
  readonly identity: string | null;
  /** Base64 of the CCE policy; null for a group that is not confidential. */
  readonly ccePolicy: string | null;
  readonly containers: readonly GroupContainer[];
  readonly registries: readonly GroupRegistry[];
  readonly volumes: readonly GroupVolume[];
  readonly publicPorts: readonly number[];
  readonly dnsNameLabel: string | null;
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
}

/** Which of the rooms that share the documents of a run: from 0, less than `count`. */
export interface GroupShard {
  readonly index: number;
  readonly count: number;
}

export interface GroupInput extends RoomPlanInput {
  /** Of the deployment: a shard's group has its index behind it. */
  readonly name: string;
  /** Null for a room that does all of the work. */
  readonly shard: GroupShard | null;
  readonly policy: { readonly base64: string; readonly hash: string };
  readonly identity: string | null;
  readonly dnsNameLabel: string | null;
  readonly registries: readonly GroupRegistry[];
  /** Values of the parameters of the plan, by variable name; those left out are not set. */
  readonly parameters: ReadonlyMap<string, string>;
  /** When the shared access signatures among them end; null where the caller brought them all. */
  readonly accessEnds: Date | null;
}

/** Tags by which a later run knows what a group was deployed from; a group without the first is not ours. */
export const CONTRACT_TAG = 'cleanroom-contract';
export const POLICY_TAG = 'cleanroom-policy';
/** Name of the deployment that a group belongs to. */
export const DEPLOYMENT_TAG = 'cleanroom-deployment';
export const ACCESS_ENDS_TAG = 'cleanroom-access-ends';
/** Of rooms that are pods: how many their Job has. */
export const PODS_TAG = 'cleanroom-pods';
/** Of groups that are not confidential. */
export const PLAIN_TAG = 'cleanroom-not-confidential';

/* A room may wait half an hour for its contract before it listens: shorter would kill it while it waits. */
const LIVENESS = { initialDelaySeconds: 60, periodSeconds: 60, failureThreshold: 31, timeoutSeconds: 10 };
const READINESS = { initialDelaySeconds: 1, periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 10 };
const HEALTH_PATH = '/healthz';

/** Name of a group: the deployment's, with the index where there are several. */
export function groupName(deployment: string, shard: GroupShard | null): string {
  return shard === null ? deployment : `${deployment}-${shard.index}`;
}

/** Describes the group of a contract. Secrets stand in `secure` variables and registry passwords only. */
export function describeContainerGroup(input: GroupInput): ContainerGroupDescription {
  const { contract, digest } = input.parsed;
  const { accessEnds, shard } = input;
  const parameters =
    shard === null
      ? input.parameters
      : new Map([...input.parameters, [SHARD_VARIABLE, `${shard.index}/${shard.count}`]]);
  return {
    name: groupName(input.name, shard),
    location: contract.room.region,
    tags: {
      [CONTRACT_TAG]: digest,
      [POLICY_TAG]: input.policy.hash,
      [DEPLOYMENT_TAG]: input.name,
      ...(accessEnds === null ? {} : { [ACCESS_ENDS_TAG]: accessEnds.toISOString() }),
    },
    identity: input.identity,
    ccePolicy: input.policy.base64,
    containers: planRoom(input).map((container) => describeContainer(container, parameters)),
    registries: input.registries,
    volumes: [],
    publicPorts: contract.room.ports,
    dnsNameLabel: input.dnsNameLabel === null ? null : groupName(input.dnsNameLabel, shard),
    restartPolicy: 'OnFailure',
  };
}

/** Both probes of a container that serves a room's page on `port`. */
export function roomProbes(port: number | undefined): Pick<GroupContainer, 'liveness' | 'readiness'> {
  if (port === undefined) return { liveness: null, readiness: null };
  const asked = { path: HEALTH_PATH, port };
  return { liveness: { ...asked, ...LIVENESS }, readiness: { ...asked, ...READINESS } };
}

function describeContainer(
  container: RoomContainer,
  parameters: ReadonlyMap<string, string>,
): GroupContainer {
  const { name, image, command, ports, cpu, memoryGiB, unprivileged, writesFiles } = container;
  return {
    name,
    image,
    command,
    ports,
    cpu,
    memoryGiB,
    unprivileged,
    writesFiles,
    environment: describeEnvironment(container, parameters),
    /* The sidecar answers inside the group only. */
    ...roomProbes(name === 'summarizer' ? ports[0] : undefined),
    mounts: [],
  };
}

function describeEnvironment(
  container: RoomContainer,
  parameters: ReadonlyMap<string, string>,
): readonly GroupVariable[] {
  return container.environment.flatMap((variable): readonly GroupVariable[] => {
    switch (variable.kind) {
      case 'exact':
        return [{ name: variable.name, value: variable.value, secure: false }];
      case 'parameter': {
        const value = parameters.get(variable.name);
        if (value === undefined) return [];
        if (!new RegExp(`^(?:${variable.pattern})$`).test(value)) {
          throw new CleanroomError(
            'PARAMETER_OUTSIDE_POLICY',
            `the value for ${variable.name} is not of the form that the policy allows`,
          );
        }
        return [{ name: variable.name, value, secure: variable.secret }];
      }
      default:
        return assertNever(variable);
    }
  });
}
