// Deploys the confidential room of a contract. Nothing is sent that was not recomputed here.

import type { Sha256Hex } from '../base/bytes/digest.js';
import { datasetTokenVariable, roomSasList } from '../contract/room-plan.js';
import { requireLoopback } from '../contract/emulated-contract.js';
import type { ParsedContract } from '../contract/parse.js';
import { CleanroomError } from '../base/errors.js';
import type { MeasuredImage } from '../cce-policy/measured-image.js';
import {
  type ContainerGroupDescription,
  describeContainerGroup,
  type GroupRegistry,
} from '../ports/container-group.js';
import { applyGroups, type ApplyPlanOptions, type GroupsPlan, planGroups } from './deploy-plan.js';
import type { Clock, RoomOperator, RoomState, SasIssuer } from '../ports/ports.js';

/** The CCE policy as recomputed from contract and images. */
export interface RecomputedPolicy {
  readonly text: string;
  readonly base64: string;
  readonly hash: Sha256Hex;
}

/** What a data owner's key says about who may have it; `unread` where the host may not read it. */
export type KeyBinding =
  | { readonly dataset: string; readonly kind: 'bound' }
  | { readonly dataset: string; readonly kind: 'other'; readonly reason: string }
  | { readonly dataset: string; readonly kind: 'unread'; readonly reason: string };

export interface DeployInput {
  /** Name of the container group, or of all of them with an index each. */
  readonly name: string;
  readonly parsed: ParsedContract;
  readonly tlsRoots: string | null;
  readonly images: ReadonlyMap<string, MeasuredImage>;
  readonly recomputed: RecomputedPolicy;
  /** Text of the policy file that the parties hold; null where none was given. */
  readonly agreedPolicy: string | null;
  readonly identity: string | null;
  readonly dnsNameLabel: string | null;
  readonly registries: readonly GroupRegistry[];
  /** How many rooms share the documents; null for one that does all of the work. */
  readonly replicas: number | null;
  /** SAS and token values that the caller brings, by variable; the others are issued. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface DeployPorts {
  readonly rooms: RoomOperator;
  readonly sas: SasIssuer;
  /** Reads each dataset's release policy and compares it with the policy hash. */
  readonly bindings: (hash: Sha256Hex) => Promise<readonly KeyBinding[]>;
  readonly clock: Clock;
}

export interface DeployPlan extends GroupsPlan {
  readonly policyHash: string;
  readonly bindings: readonly KeyBinding[];
}

/* Long enough for a room that waits for its data; short enough that a leaked SAS is of little use. */
const SAS_LIFETIME_MS = 24 * 60 * 60_000;
/* Stands for a secret wherever the secret itself must not be: in a plan, in a template. */
const STAND_IN = 'sv=parameter';

/**
 * Plans: compares the policy with what the parties hold, the keys' release policies, and the groups that run.
 *
 * @throws CleanroomError ROOM_NOT_OURS, and as requireDeployable
 */
export async function planDeployment(input: DeployInput, ports: DeployPorts): Promise<DeployPlan> {
  const bindings = await requireDeployable(input, ports);
  const { rooms, clock } = ports;
  const plan = await planGroups(input.name, describeWithoutSecrets(input), { rooms, now: clock() });
  return { ...plan, policyHash: input.recomputed.hash, bindings };
}

/**
 * What holds before anything is deployed, wherever: the policy is the one that the parties hold, and the keys are bound to it.
 *
 * @throws CleanroomError EMULATED_CONTRACT, POLICY_DRIFT, KEY_NOT_BOUND, IMAGE_LOCAL_ONLY, REPLICAS_UNAVAILABLE, ROOM_IDENTITY_MISSING
 */
export async function requireDeployable(
  input: DeployInput,
  ports: Pick<DeployPorts, 'bindings'>,
): Promise<readonly KeyBinding[]> {
  const { recomputed, agreedPolicy } = input;
  requireLoopback(input.parsed.contract);
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
  refuseSharedPage(input);
  requireIdentity(input);
  const bindings = await ports.bindings(recomputed.hash);
  const other = bindings.filter((binding) => binding.kind === 'other');
  if (other.length > 0) {
    const reasons = other.map((binding) => `${binding.dataset}: ${binding.reason}`).join('; ');
    throw new CleanroomError('KEY_NOT_BOUND', `the room would not get the key of every dataset (${reasons})`);
  }
  return bindings;
}

/** Applies a plan; returns the groups as they are then. A plan with nothing to do sends nothing. */
export async function applyDeployment(
  input: DeployInput,
  plan: DeployPlan,
  ports: DeployPorts,
  options: Omit<ApplyPlanOptions, 'rooms'>,
): Promise<readonly RoomState[]> {
  if (plan.action === 'none')
    return plan.groups.flatMap(({ existing }) => (existing === null ? [] : [existing]));
  options.progress.phase('issuing access for the room');
  const groups = await describeGroups(input, ports);
  return applyGroups(plan, groups, { ...options, rooms: ports.rooms });
}

/** The groups with their parameters filled: each SAS with the least rights, for a day. */
export async function describeGroups(
  input: DeployInput,
  ports: Pick<DeployPorts, 'sas' | 'clock'>,
): Promise<readonly ContainerGroupDescription[]> {
  const { contract } = input.parsed;
  const parameters = new Map(input.parameters);
  const expiresAt = new Date(ports.clock().getTime() + SAS_LIFETIME_MS);
  const issued: string[] = [];
  const fill = async (variable: string, issue: () => Promise<string>): Promise<void> => {
    if (parameters.has(variable)) return;
    parameters.set(variable, await issue());
    issued.push(variable);
  };
  for (const { variable, blob, scope, permissions } of roomSasList(contract))
    await fill(variable, () => ports.sas.issue({ blob, scope, permissions, expiresAt }));
  return describeAll(input, parameters, issued.length > 0 ? expiresAt : null);
}

/** The groups with a stand-in for each secret: for plans and templates. */
export function describeWithoutSecrets(input: DeployInput): readonly ContainerGroupDescription[] {
  const { contract } = input.parsed;
  const variables = [...roomSasList(contract).map(({ variable }) => variable), ...input.parameters.keys()];
  const standIn = (variable: string): string =>
    variable.startsWith('CLEANROOM_SAS_') ? STAND_IN : 'token.stand.in';
  return describeAll(input, new Map(variables.map((name) => [name, standIn(name)])), null);
}

function describeAll(
  input: DeployInput,
  parameters: ReadonlyMap<string, string>,
  accessEnds: Date | null,
): readonly ContainerGroupDescription[] {
  const { replicas, recomputed: policy } = input;
  const shards =
    replicas === null ? [null] : Array.from({ length: replicas }, (_, index) => ({ index, count: replicas }));
  return shards.map((shard) => describeContainerGroup({ ...input, policy, parameters, accessEnds, shard }));
}

/* A room that shares its work ends with it, and its page with the room. */
function refuseSharedPage({ replicas, parsed }: DeployInput): void {
  if (replicas === null || parsed.contract.summary.delivery !== 'page') return;
  throw new CleanroomError(
    'REPLICAS_UNAVAILABLE',
    'the contract delivers its result on the page of the room, and rooms that share their work end with it',
  );
}

/* Without identity and without tokens the sidecar has nothing to show to any vault: the room would wait for ever. */
function requireIdentity({ identity, parsed, parameters }: DeployInput): void {
  const without = parsed.contract.datasets.filter(({ id }) => !parameters.has(datasetTokenVariable(id)));
  if (identity !== null || without.length === 0) return;
  throw new CleanroomError(
    'ROOM_IDENTITY_MISSING',
    `the profile names no roomIdentity, and no token was given for ${without.map(({ id }) => id).join(', ')}`,
  );
}

function refuseLocalOnlyImages({ parsed, images }: DeployInput): void {
  if (parsed.contract.trust !== undefined) return;
  for (const [name, { config }] of images) {
    if (config.labels['dev.cleanroom.room'] === 'local-only') {
      throw new CleanroomError(
        'IMAGE_LOCAL_ONLY',
        `the image of container ${name} is for the local room only: it has no base, so no Node in it`,
        {
          hint: 'Build it with its base: cleanroom image build --out FILE',
        },
      );
    }
  }
}
