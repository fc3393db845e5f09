// `deploy`: everything recomputed, then a plan, then the container group.

import { CleanroomError } from '../../errors.js';
import { readTextBounded } from '../../files/read-bounded.js';
import type { Progress } from '../../progress.js';
import { requireConsent } from '../../workflows/consent-files.js';
import {
  applyDeployment,
  type DeployInput,
  type DeployPlan,
  type DeployPorts,
  planDeployment,
} from '../../workflows/deploy-room.js';
import { readKeyBindings } from '../../workflows/key-bindings.js';
import type { RoomState } from '../../workflows/ports.js';
import { type Environment, readContract } from '../environment.js';
import { recomputeRoomPolicy } from '../room-policy.js';
import { openRooms } from '../rooms.js';

export interface DeployActionInput {
  readonly contractPath: string;
  readonly policyPath: string | undefined;
  readonly imageFlags: readonly string[] | undefined;
  /** Name of the container group; the contract's if absent. */
  readonly name: string | undefined;
  readonly dnsNameLabel: string | undefined;
  /** SAS and token values by variable, from files. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly cacheDirectory: string;
}

/** A deployment that has been planned and can be applied. */
export interface PlannedDeployment {
  readonly input: DeployInput;
  readonly plan: DeployPlan;
  readonly ports: DeployPorts;
  apply(): Promise<RoomState>;
}

const MAX_POLICY_BYTES = 16 * 1024 * 1024;

/** @throws CleanroomError CONSENT_MISSING, PARTY_UNKNOWN (not the host), and as planDeployment */
export async function prepareDeployment(
  environment: Environment,
  action: DeployActionInput,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<PlannedDeployment> {
  const parsed = await readContract(action.contractPath, environment.directory);
  const { profile } = environment;
  if (profile.party !== parsed.contract.room.host) {
    throw new CleanroomError(
      'NOT_THE_HOST',
      `the contract says that ${parsed.contract.room.host} runs the room, and this is ${profile.party}`,
    );
  }
  await requireConsent(action.contractPath, parsed);
  const { policy, images, tlsRoots } = await recomputeRoomPolicy({
    parsed,
    environment,
    ...action,
    progress,
    signal,
  });
  const agreedPolicy =
    action.policyPath === undefined ? null : await readTextBounded(action.policyPath, MAX_POLICY_BYTES);
  const input: DeployInput = {
    name: action.name ?? parsed.contract.name,
    parsed,
    tlsRoots,
    images,
    recomputed: policy,
    agreedPolicy,
    identity: profile.roomIdentity ?? null,
    dnsNameLabel: action.dnsNameLabel ?? null,
    parameters: action.parameters,
  };
  const ports = await deployPorts(environment, input);
  progress.phase('comparing with keys and with what runs');
  const plan = await planDeployment(input, ports);
  return { input, plan, ports, apply: () => applyDeployment(input, plan, ports, { progress, signal }) };
}

async function deployPorts(environment: Environment, { parsed }: DeployInput): Promise<DeployPorts> {
  const connection = await environment.connect();
  const { createSasIssuer } = await import('../../azure/blob-store.js');
  const { openKeyVault } = await import('../../azure/key-vault.js');
  return {
    rooms: await openRooms(environment),
    sas: createSasIssuer(connection),
    bindings: (hash) => readKeyBindings(parsed.contract, hash, (host) => openKeyVault(connection, host)),
    clock: () => new Date(),
  };
}

/**
 * Values of room variables from files, so that no SAS stands in an argument list: `VARIABLE=FILE`.
 *
 * @throws CleanroomError USAGE, FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function readParameterFiles(
  flags: readonly string[] | undefined,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const flag of flags ?? []) {
    const at = flag.indexOf('=');
    if (at <= 0) throw new CleanroomError('USAGE', '--parameter-file is not of the form VARIABLE=FILE');
    values.set(
      flag.slice(0, at),
      (await readTextBounded(flag.slice(at + 1), 64 * 1024)).trim().replace(/^\?/, ''),
    );
  }
  return values;
}
