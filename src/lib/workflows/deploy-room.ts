// Deploys a room: plan first, then apply. Nothing is sent that was not recomputed here.

import { roomSasList } from '../contract/room-plan.js';
import type { ParsedContract } from '../contract/parse.js';
import { CleanroomError } from '../errors.js';
import type { MeasuredImage } from '../images/measured-image.js';
import type { Progress } from '../progress.js';
import {
  type ContainerGroupDescription,
  CONTRACT_TAG,
  describeContainerGroup,
  POLICY_TAG,
} from './container-group.js';
import type { Clock, RoomOperator, RoomState, SasIssuer } from './ports.js';

/** The CCE policy as recomputed from contract and images. */
export interface RecomputedPolicy {
  readonly text: string;
  readonly base64: string;
  readonly hash: string;
}

/** What a data owner's key says about who may have it; `unread` where the host may not read it. */
export type KeyBinding =
  | { readonly dataset: string; readonly kind: 'bound' }
  | { readonly dataset: string; readonly kind: 'other'; readonly reason: string }
  | { readonly dataset: string; readonly kind: 'unread'; readonly reason: string };

export interface DeployInput {
  readonly name: string;
  readonly parsed: ParsedContract;
  readonly tlsRoots: string | null;
  readonly images: ReadonlyMap<string, MeasuredImage>;
  readonly recomputed: RecomputedPolicy;
  /** Text of the policy file that the parties hold; null where none was given. */
  readonly agreedPolicy: string | null;
  readonly identity: string | null;
  readonly dnsNameLabel: string | null;
  /** SAS and token values that the caller brings, by variable; the others are issued. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface DeployPorts {
  readonly rooms: RoomOperator;
  readonly sas: SasIssuer;
  /** Reads each dataset's release policy and compares it with the policy hash. */
  readonly bindings: (hash: string) => Promise<readonly KeyBinding[]>;
  readonly clock: Clock;
}

export type DeployAction = 'create' | 'replace' | 'none';

export interface DeployPlan {
  readonly action: DeployAction;
  readonly policyHash: string;
  readonly bindings: readonly KeyBinding[];
  readonly existing: RoomState | null;
  /** What differs from the group that runs, one sentence each. */
  readonly differences: readonly string[];
}

/* Long enough for a room that waits for its data; short enough that a leaked SAS is of little use. */
const SAS_LIFETIME_MS = 24 * 60 * 60_000;

/**
 * Plans: compares the policy with what the parties hold, the keys' release policies, and the group that runs.
 *
 * @throws CleanroomError POLICY_DRIFT, KEY_NOT_BOUND, IMAGE_LOCAL_ONLY
 */
export async function planDeployment(input: DeployInput, ports: DeployPorts): Promise<DeployPlan> {
  const { recomputed, agreedPolicy } = input;
  if (agreedPolicy !== null && agreedPolicy !== recomputed.text) {
    throw new CleanroomError(
      'POLICY_DRIFT',
      'the policy recomputed from contract and images is not, byte for byte, the one that was given',
      {
        hint: 'See what differs: cleanroom verify-policy -f contract.yaml --policy FILE',
      },
    );
  }
  refuseLocalOnlyImages(input);
  const bindings = await ports.bindings(recomputed.hash);
  const other = bindings.filter((binding) => binding.kind === 'other');
  if (other.length > 0) {
    const reasons = other.map((binding) => `${binding.dataset}: ${binding.reason}`).join('; ');
    throw new CleanroomError('KEY_NOT_BOUND', `the room would not get the key of every dataset (${reasons})`);
  }
  const existing = await ports.rooms.get(input.name);
  const differences = existing === null ? [] : findDifferences(input, existing);
  const action = existing === null ? 'create' : differences.length > 0 ? 'replace' : 'none';
  return { action, policyHash: recomputed.hash, bindings, existing, differences };
}

/** Applies a plan; returns the group as it is then. A plan with nothing to do sends nothing. */
export async function applyDeployment(
  input: DeployInput,
  plan: DeployPlan,
  ports: DeployPorts,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<RoomState> {
  if (plan.action === 'none' && plan.existing !== null) return plan.existing;
  progress.phase('issuing access for the room');
  const group = await describeGroup(input, ports);
  if (plan.action === 'replace') {
    progress.phase('removing the group that is being replaced');
    await ports.rooms.remove(input.name, signal);
  }
  progress.phase('creating the container group');
  const room = await ports.rooms.apply(group, signal);
  if (isFailed(room)) throw deploymentFailed(room);
  return room;
}

/** The group with its parameters filled: each SAS with the least rights, for a day. */
export async function describeGroup(
  input: DeployInput,
  ports: Pick<DeployPorts, 'sas' | 'clock'>,
): Promise<ContainerGroupDescription> {
  const parameters = new Map(input.parameters);
  const expiresAt = new Date(ports.clock().getTime() + SAS_LIFETIME_MS);
  for (const { variable, blob, scope, permissions } of roomSasList(input.parsed.contract)) {
    if (!parameters.has(variable)) {
      parameters.set(variable, await ports.sas.issue({ blob, scope, permissions, expiresAt }));
    }
  }
  return describeContainerGroup({ ...input, policy: input.recomputed, parameters });
}

function refuseLocalOnlyImages({ parsed, images }: DeployInput): void {
  if (parsed.contract.trust !== undefined) return;
  for (const [name, { config }] of images) {
    if (config.labels['dev.cleanroom.room'] === 'local-only') {
      throw new CleanroomError(
        'IMAGE_LOCAL_ONLY',
        `the image of container ${name} is for the local room only: it has no base, so no Node in it`,
        {
          hint: 'Build it on a base that has Node: cleanroom image build --base BASE.oci.tar',
        },
      );
    }
  }
}

function findDifferences({ parsed, recomputed }: DeployInput, existing: RoomState): readonly string[] {
  const differences: string[] = [];
  if (existing.tags[CONTRACT_TAG] !== parsed.digest)
    differences.push('it was deployed from another contract');
  if (existing.tags[POLICY_TAG] !== recomputed.hash || existing.ccePolicy !== recomputed.base64) {
    differences.push('its CCE policy is another one');
  }
  for (const { name, image } of parsed.contract.room.containers) {
    const running = existing.containers.find((container) => container.name === name);
    if (running?.image !== image)
      differences.push(`container ${name} runs ${running?.image ?? 'nothing'}, not ${image}`);
  }
  if (isFailed(existing)) differences.push(`it is ${existing.provisioningState.toLowerCase()}`);
  return differences;
}

function isFailed(room: RoomState): boolean {
  return room.provisioningState === 'Failed' || room.state === 'Failed';
}

function deploymentFailed(room: RoomState): CleanroomError {
  const denial = room.events.filter(
    (event) => event.type === 'Warning' || /denied|failed/i.test(event.message),
  );
  const shown = denial.map((event) => `${event.container ?? room.name}: ${event.message}`).slice(0, 5);
  return new CleanroomError(
    'DEPLOYMENT_FAILED',
    `the container group ${room.name} did not start${shown.length > 0 ? ` (${shown.join('; ')})` : ''}`,
    {
      hint: `See its events: cleanroom status ${room.name}   and what they mean: cleanroom why`,
    },
  );
}
