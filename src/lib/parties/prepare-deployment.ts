// `deploy`: everything recomputed, then a plan, then the container groups.

import { CleanroomError } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import type { Progress } from '../base/progress.js';
import { requireAgreement, verifyPolicyCommand } from './before/require-agreement.js';
import { findConsents, requireConsent } from './consent-files.js';
import type { ContainerGroupDescription, GroupRegistry } from '../ports/container-group.js';
import type { GroupsPlan } from './deploy-plan.js';
import {
  applyDeployment,
  type DeployInput,
  type DeployPorts,
  describeWithoutSecrets,
  type KeyBinding,
  planDeployment,
} from './deploy-room.js';
import { keyBindings, readDatasetKeys } from './key-bindings.js';
import type { DeploymentNews, RoomState } from '../ports/ports.js';
import type { ParsedContract } from '../contract/check.js';
import type { Environment } from '../ports/environment.js';
import { readContract } from './environment.js';
import { requireRoomMemory, type RoomMemory } from './room-memory.js';
import { requireSealedDatasets, requireUsableParameters } from './room-parameters.js';
import { recomputeRoomPolicy } from './room-policy.js';
import { containerGroups } from './rooms.js';

export interface DeployActionInput {
  readonly contractPath: string;
  readonly policyPath: string | undefined;
  readonly imageFlags: readonly string[] | undefined;
  /** Name of the container group; the contract's if absent. */
  readonly name: string | undefined;
  readonly dnsNameLabel: string | undefined;
  /** How many rooms share the documents; one that does all of the work if absent. */
  readonly replicas?: number | undefined;
  /** Registry logins, `SERVER=FILE` each. */
  readonly registryLogins?: readonly string[] | undefined;
  /** `--trust-program`: `sha256:…` each. */
  readonly trusted?: readonly string[] | undefined;
  /** SAS and token values by variable, from files. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly cacheDirectory: string;
  /** Whether images by digest may be fetched from the contract's own registries; not if absent. */
  readonly pullsImages?: boolean;
  /** How long to wait until a group is up; half an hour if absent. */
  readonly timeoutMs?: number | undefined;
}

/** A deployment that has been planned and can be applied. */
export interface PlannedDeployment {
  readonly name: string;
  readonly parsed: ParsedContract;
  /** Null for a room that is not confidential. */
  readonly policyHash: string | null;
  /** The policy's own text; null with its hash. */
  readonly policyText: string | null;
  readonly bindings: readonly KeyBinding[];
  readonly plan: GroupsPlan;
  /** What the model in the image needs of memory; null where none is in it. */
  readonly memory: RoomMemory | null;
  /** The groups with a stand-in for each secret: for templates. */
  readonly described: readonly ContainerGroupDescription[];
  apply(): Promise<AppliedDeployment>;
}

export interface AppliedDeployment {
  readonly rooms: readonly RoomState[];
  /** By group; Azure's support asks for them. */
  readonly correlationIds: Readonly<Record<string, string>>;
}

export interface DeployWatch {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const MAX_POLICY_BYTES = 16 * 1024 * 1024;
export const DEFAULT_TIMEOUT_MS = 30 * 60_000;

/** A deployment that has been recomputed here, before it is known what runs. */
interface RecomputedDeployment {
  readonly input: DeployInput;
  readonly memory: RoomMemory | null;
  readonly ports: Omit<DeployPorts, 'rooms'>;
  /** PROGRAM, CONTRACT, CONSENT and KEYS hold. @throws CleanroomError STATEMENT_REFUTED, STATEMENT_UNPROVEN */
  requireAgreement(): Promise<void>;
}

/** @throws CleanroomError CONSENT_MISSING, NOT_THE_HOST, PLATFORM_NOT_AGREED, STATEMENT_REFUTED, STATEMENT_UNPROVEN, and as requireUsableParameters, planDeployment; `apply` as requireSealedDatasets */
export async function prepareDeployment(
  environment: Environment,
  action: DeployActionInput,
  watch: DeployWatch,
): Promise<PlannedDeployment> {
  const recomputed = await recomputeDeployment(environment, action, watch, 'aci');
  const { input, memory } = recomputed;
  const { parsed } = input;
  const ports = { ...recomputed.ports, rooms: await containerGroups(environment.services) };
  const { bindings, policyHash, ...plan } = await planDeployment(input, ports);
  await recomputed.requireAgreement();
  return {
    name: input.name,
    parsed,
    policyHash,
    policyText: input.recomputed.text,
    bindings,
    plan,
    memory,
    described: describeWithoutSecrets(input),
    apply: async () => {
      await requireSealedDatasets(parsed.contract, action.parameters, environment.services);
      return withNews((told) =>
        applyDeployment(input, { ...plan, bindings, policyHash }, ports, {
          ...watch,
          told,
          timeoutMs: action.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        }),
      );
    },
  };
}

/** What a deployment is made of, recomputed from contract and images. @throws CleanroomError as prepareDeployment */
export async function recomputeDeployment(
  environment: Environment,
  action: DeployActionInput,
  watch: DeployWatch,
  platform: ParsedContract['contract']['room']['platform'],
): Promise<RecomputedDeployment> {
  const parsed = await readHostContract(environment, action.contractPath);
  const { contract } = parsed;
  requirePlatform(contract, platform);
  await requireConsent(action.contractPath, parsed);
  requireUsableParameters(contract, action.parameters, new Date());
  const recomputed = await recomputeRoomPolicy({ parsed, environment, ...action, ...watch });
  const { policy, images, tlsRoots } = recomputed;
  const memory = requireRoomMemory(contract, images);
  const agreedPolicy =
    action.policyPath === undefined ? null : await readTextBounded(action.policyPath, MAX_POLICY_BYTES);
  const references = contract.room.containers.map(({ image }) => image);
  const identity = environment.profile.roomIdentity ?? null;
  const input: DeployInput = {
    name: action.name ?? contract.name,
    parsed,
    tlsRoots,
    images,
    recomputed: policy,
    agreedPolicy,
    identity,
    dnsNameLabel: action.dnsNameLabel ?? null,
    registries: await readRegistries(references, identity, action.registryLogins),
    replicas: action.replicas ?? null,
    parameters: action.parameters,
  };
  watch.progress.phase('comparing with keys and with what runs');
  const keys = await readDatasetKeys(contract, (host) => environment.services.keyVault(host));
  return {
    input,
    memory,
    ports: {
      sas: await environment.services.sas(),
      bindings: (hash) => Promise.resolve(keyBindings(contract, hash, keys)),
      clock: () => new Date(),
    },
    requireAgreement: async () => {
      await requireAgreement({
        parsed,
        recomputed,
        handedOver: agreedPolicy,
        consents: await findConsents(action.contractPath),
        signers: 'demanded',
        keys,
        party: environment.profile.party,
        trusted: action.trusted ?? [],
        hint: verifyPolicyCommand(action.contractPath),
      });
    },
  };
}

/* A pod's policy has another text than a container group's, so what runs it is agreed. */
function requirePlatform({ room }: ParsedContract['contract'], platform: typeof room.platform): void {
  if (room.platform === platform) return;
  throw new CleanroomError(
    'PLATFORM_NOT_AGREED',
    `the contract is for ${room.platform}, and this would deploy to ${platform}`,
    {
      hint:
        platform === 'aci'
          ? 'Deploy it as it was agreed: cleanroom deploy --kubernetes --out job.yaml'
          : 'Agree on a contract for virtual nodes: cleanroom propose --kubernetes, or deploy without --kubernetes.',
    },
  );
}

/** The contract, for whoever it names as the host of the room. @throws CleanroomError NOT_THE_HOST */
export async function readHostContract(
  { profile, directory }: Environment,
  contractPath: string,
): Promise<ParsedContract> {
  const parsed = await readContract(contractPath, directory);
  if (profile.party === parsed.contract.room.host) return parsed;
  throw new CleanroomError(
    'NOT_THE_HOST',
    `the host of the contract is ${parsed.contract.room.host}, and this is ${profile.party}`,
  );
}

/** Collects the correlation ids of what is applied. */
export async function withNews(
  apply: (told: (news: DeploymentNews) => void) => Promise<readonly RoomState[]>,
): Promise<AppliedDeployment> {
  const correlationIds: Record<string, string> = {};
  const rooms = await apply(({ group, correlationId }) => {
    if (correlationId !== null) correlationIds[group] = correlationId;
  });
  return { rooms, correlationIds };
}

/**
 * How the images' registries are pulled from: by a login where one is given, else an Azure registry by the room's
 * identity, else (Microsoft's, the local Azure's) by anybody.
 *
 * @param logins - `SERVER=FILE` each; the file holds `USERNAME:PASSWORD`.
 * @throws CleanroomError USAGE, FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function readRegistries(
  images: readonly string[],
  identity: string | null,
  logins: readonly string[] | undefined,
): Promise<readonly GroupRegistry[]> {
  const files = await readNamedFiles(logins, '--registry-login', 'SERVER=FILE');
  const servers = new Set([...files.keys(), ...images.map((image) => image.slice(0, image.indexOf('/')))]);
  return [...servers].flatMap((server): readonly GroupRegistry[] => {
    const login = files.get(server);
    if (login !== undefined) return [{ kind: 'login', server, ...splitLogin(server, login) }];
    const byIdentity = /\.azurecr\.(?:io|cn|us)$/.test(server) && identity !== null;
    return byIdentity ? [{ kind: 'identity', server, identity }] : [];
  });
}

function splitLogin(server: string, text: string): { readonly username: string; readonly password: string } {
  const colon = text.indexOf(':');
  if (colon < 1 || colon === text.length - 1)
    throw new CleanroomError('USAGE', `the login for ${server} is not of the form USERNAME:PASSWORD`);
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * Values of room variables from files, so that no SAS stands in an argument list: `VARIABLE=FILE`.
 *
 * @throws CleanroomError USAGE, FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function readParameterFiles(
  flags: readonly string[] | undefined,
): Promise<ReadonlyMap<string, string>> {
  const values = await readNamedFiles(flags, '--parameter-file', 'VARIABLE=FILE');
  return new Map([...values].map(([name, value]) => [name, value.replace(/^\?/, '')]));
}

async function readNamedFiles(
  flags: readonly string[] | undefined,
  flagName: string,
  form: string,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const flag of flags ?? []) {
    const at = flag.indexOf('=');
    if (at <= 0 || at === flag.length - 1)
      throw new CleanroomError('USAGE', `${flagName} is not of the form ${form}`);
    values.set(flag.slice(0, at), (await readTextBounded(flag.slice(at + 1), 64 * 1024)).trim());
  }
  return values;
}
