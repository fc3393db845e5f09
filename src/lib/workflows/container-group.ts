// The container group of a room: one description that the SDK's request, the ARM template and the Bicep file are made from.

import { planRoom, type RoomContainer, type RoomPlanInput } from '../contract/room-plan.js';
import { assertNever, CleanroomError } from '../errors.js';

export interface GroupVariable {
  readonly name: string;
  readonly value: string;
  /** Sent as `secureValue`: never returned by the platform, never printed by us. */
  readonly secure: boolean;
}

export interface GroupContainer {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[] | null;
  readonly environment: readonly GroupVariable[];
  readonly ports: readonly number[];
  readonly cpu: number;
  readonly memoryGiB: number;
}

export interface ContainerGroupDescription {
  readonly name: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Resource id of the user-assigned identity; null for none. */
  readonly identity: string | null;
  /** Base64 of the CCE policy: the group is confidential exactly where this is given. */
  readonly ccePolicy: string;
  readonly containers: readonly GroupContainer[];
  readonly publicPorts: readonly number[];
  readonly dnsNameLabel: string | null;
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
}

export interface GroupInput extends RoomPlanInput {
  readonly name: string;
  readonly policy: { readonly base64: string; readonly hash: string };
  readonly identity: string | null;
  readonly dnsNameLabel: string | null;
  /** Values of the parameters of the plan, by variable name; those left out are not set. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Tags by which a later run knows what a group was deployed from. */
export const CONTRACT_TAG = 'cleanroom-contract';
export const POLICY_TAG = 'cleanroom-policy';

/** Describes the group of a contract. Secrets stand in `secure` variables only. */
export function describeContainerGroup(input: GroupInput): ContainerGroupDescription {
  const { contract, digest } = input.parsed;
  return {
    name: input.name,
    location: contract.room.region,
    tags: { [CONTRACT_TAG]: digest, [POLICY_TAG]: input.policy.hash },
    identity: input.identity,
    ccePolicy: input.policy.base64,
    containers: planRoom(input).map((container) => describeContainer(container, input.parameters)),
    publicPorts: contract.room.ports,
    dnsNameLabel: input.dnsNameLabel,
    restartPolicy: 'OnFailure',
  };
}

function describeContainer(
  container: RoomContainer,
  parameters: ReadonlyMap<string, string>,
): GroupContainer {
  const { name, image, command, ports, cpu, memoryGiB } = container;
  return {
    name,
    image,
    command,
    ports,
    cpu,
    memoryGiB,
    environment: describeEnvironment(container, parameters),
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
        return [{ name: variable.name, value, secure: true }];
      }
      default:
        return assertNever(variable);
    }
  });
}
