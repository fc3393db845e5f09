// `init`, once it is known who the party is: keys and card always, the contract where other parties' cards are given.

import { access } from 'node:fs/promises';
import { join } from 'node:path';

import type { VaultKeyReference } from '../keys/contract-signer.js';
import type { PartyCard } from '../contract/party-card.js';
import { floorsOf } from '../contract/published/reference-classes.js';
import type { Script } from '../contract/limits/alphabet.js';
import type { Contract, ContractLimits, ContractParty, ModelFacts } from '../contract/schema.js';
import { jwkThumbprint } from '../base/bytes/jwk-thumbprint.js';
import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { namedProgram } from './agree/named-program.js';
import { readCard } from './agree/read-card.js';
import {
  composeContract,
  type ContractChoices,
  DEFAULT_EXTRACTIVE_LIMITS,
  DEFAULT_LIMITS,
  renderContractYaml,
} from './compose-contract.js';
import { referenceInUse } from './reference/reference-in-use.js';
import { initParty, type InitPartyInput } from './init-party.js';
import { openOrCreateVaultSigner, parseKeyUrl } from './vault-signer.js';
import { claimDirectory, requireDirectoryOf } from './directory-party.js';
import { emulatedTrustOf } from './emulated-trust.js';
import type { Environment } from '../ports/environment.js';
import { resolveImageReference, sidecarReference } from './image-reference.js';
import { memoryOfModelDirectory, memoryToGive, type RoomMemory, roomMemory } from './room-memory.js';
import type { Profile } from '../ports/profile.js';

/** What has to be known about the party: from flags, or asked for on a terminal. */
export interface PartyAnswers {
  readonly party: string;
  readonly roles: ContractParty['roles'];
}

export interface InitFlags extends PartyAnswers {
  readonly dataset?: readonly string[] | undefined;
  readonly 'model-dataset'?: readonly string[] | undefined;
  /** The party's card as it is, whose datasets stay. */
  readonly kept?: PartyCard | undefined;
  readonly vault?: string | undefined;
  readonly 'storage-account'?: string | undefined;
  readonly 'release-login'?: string | undefined;
  readonly 'contract-key'?: string | undefined;
  readonly with?: readonly string[] | undefined;
  readonly name: string;
  readonly summarizer?: string | undefined;
  /** Digests of the layers that the contract names its program by, in their order. */
  readonly 'trust-program'?: readonly string[] | undefined;
  readonly sidecar?: string | undefined;
  readonly model?: string | undefined;
  readonly region?: string | undefined;
  /** Whether the room is to run as pods on virtual nodes. */
  readonly kubernetes?: boolean | undefined;
  readonly script?: readonly Script[] | undefined;
  readonly 'max-characters'?: number | undefined;
  readonly 'max-share'?: string | undefined;
  readonly 'max-copied-words'?: number | undefined;
  readonly 'max-copied-share'?: string | undefined;
  readonly 'max-results'?: number | undefined;
  /** Whether sentences are picked where the model fails at a text. */
  readonly orExtractive?: boolean | undefined;
  readonly page: boolean;
  readonly force: boolean;
}

export interface InitResult {
  readonly party: string;
  readonly roles: ContractParty['roles'];
  readonly card: string;
  /** The card as the file to hand over: PARTY.cleanroom. */
  readonly cardFile: string;
  /** File, or URL where it stays in a vault. */
  readonly contractKey: string;
  /** RFC 7638 thumbprint of its public half, which the other parties compare. */
  readonly fingerprint: string;
  readonly resultKey: string | null;
  readonly keysCreated: boolean;
  /** Written only where the other parties' cards are given. */
  readonly contract: {
    readonly path: string;
    readonly digest: string;
    /** Limits that the model says it usually exceeds, in sentences. */
    readonly tightLimits: readonly string[];
    /** What the model needs of memory and what the summarizer has; null where the model is not at hand. */
    readonly memory: RoomMemory | null;
  } | null;
}

/**
 * Makes the party's keys and card; with other parties' cards also the contract, which needs a profile.
 *
 * @param environment - null: no profile and no emulator; then vault and account come from flags.
 * @throws CleanroomError PROFILE_OF_ANOTHER_PARTY before anything is written, and as its parts
 */
export async function runInit(
  flags: InitFlags,
  environment: Environment | null,
  directory: string,
): Promise<InitResult> {
  const profile = environment?.profile ?? null;
  await requireDirectoryOf(directory, flags.party);
  const party = await initParty({
    directory,
    id: flags.party,
    roles: flags.roles,
    datasets: [
      ...(flags.dataset ?? []).map((id) => ({ id, kind: 'text' as const })),
      ...(flags['model-dataset'] ?? []).map((id) => ({ id, kind: 'model' as const })),
    ],
    kept: flags.kept,
    vault: flags.vault ?? profile?.vault ?? null,
    storageAccount: flags['storage-account'] ?? profile?.storageAccount ?? null,
    models: await describeOwnModels(flags),
    contractKey: await contractKeyOf(flags['contract-key'], environment),
    releaseLogin: releaseLoginOf(flags['release-login'], profile),
  });
  const writesContract = writesAContract(flags);
  await claimDirectory(directory, flags.party, profile);
  const contract =
    writesContract && profile !== null ? await writeContract(flags, profile, party.card, directory) : null;
  return {
    party: flags.party,
    roles: party.card.party.roles,
    card: party.cardPath,
    cardFile: party.cardFile,
    contractKey: party.contractKeyUrl ?? party.contractKeyPath,
    fingerprint: jwkThumbprint(party.card.party.contractKey),
    resultKey: party.resultKeyPath,
    keysCreated: party.keysCreated,
    contract,
  };
}

/** Whether `init` writes the contract too: with other parties' cards, or with the room's image for a single party. */
export function writesAContract(flags: Pick<InitFlags, 'with' | 'summarizer'>): boolean {
  return (flags.with?.length ?? 0) > 0 || flags.summarizer !== undefined;
}

/* Read from the vault, or made there. */
async function contractKeyOf(
  url: string | undefined,
  environment: Environment | null,
): Promise<VaultKeyReference | null> {
  if (url === undefined) return null;
  const address = parseKeyUrl(url);
  if (environment === null)
    throw new CleanroomError('USAGE', '--contract-key needs a profile, which names the login for the vault');
  const vault = await environment.services.keyVault(address.host);
  return openOrCreateVaultSigner(vault, address);
}

/* The vault's tenant and its token endpoint are those that the party itself logs in to. */
function releaseLoginOf(
  clientId: string | undefined,
  profile: Profile | null,
): InitPartyInput['releaseLogin'] {
  if (clientId === undefined) return null;
  if (profile === null) {
    throw new CleanroomError('USAGE', '--release-login needs a profile, which names the tenant of the vault');
  }
  const { authority } = profile.endpoints;
  return { tenant: profile.tenant, clientId, ...(authority === undefined ? {} : { authority }) };
}

/** @throws CleanroomError CONTRACT_EXISTS */
export async function requireNoContract(directory: string): Promise<void> {
  const path = join(directory, 'contract.yaml');
  if (!(await exists(path))) return;
  throw new CleanroomError(
    'CONTRACT_EXISTS',
    `${path} exists already, and its parties may have agreed to it`,
  );
}

async function writeContract(
  flags: InitFlags,
  profile: Profile,
  own: PartyCard,
  directory: string,
): Promise<InitResult['contract']> {
  const path = join(directory, 'contract.yaml');
  if (!flags.force) await requireNoContract(directory);
  const others = await Promise.all((flags.with ?? []).map((card) => readCard(card)));
  const model = await describeModel(flags, [own, ...others]);
  const usual = await usualCopies(flags.model);
  const needed = flags.model === undefined ? null : await memoryOfModelDirectory(flags.model);
  const summarizerMemoryGiB = memoryToGive(needed);
  const summarizerImage = await resolveImageReference(
    required(flags.summarizer, '--summarizer'),
    'cleanroom.local/summarizer',
  );
  const sidecarImage =
    flags.sidecar === undefined
      ? await sidecarReference(profile)
      : await resolveImageReference(flags.sidecar, 'mcr.microsoft.com/aci/skr');
  const { reference } = await referenceInUse();
  const parsed = composeContract([own, ...others], {
    name: flags.name,
    region: flags.region ?? profile.region ?? 'westeurope',
    platform: flags.kubernetes === true ? 'virtual-nodes' : 'aci',
    summarizerImage,
    sidecarImage,
    floors: floorsOf(reference),
    summarizerMemoryGiB,
    model,
    authorities: [profile.endpoints.attestation ?? 'https://sharedweu.weu.attest.azure.net'],
    resultAccount: required(flags['storage-account'] ?? profile.storageAccount, '--storage-account'),
    ...limitsFor(model, flags, usual),
    program: namedProgram(flags['trust-program'] ?? [], [summarizerImage, sidecarImage]),
    delivery: flags.page ? 'page' : 'sealed',
    trust: await emulatedTrustOf(profile),
  });
  await writeFileAtomic(path, renderContractYaml(parsed.contract));
  return {
    path,
    digest: parsed.digest,
    tightLimits: limitsBelow(usual, parsed.contract.summary.limits),
    memory: needed === null ? null : roomMemory(needed, summarizerMemoryGiB),
  };
}

/* The models that this party brings sealed: their digest is agreed on like any other's. */
async function describeOwnModels(flags: InitFlags): Promise<NonNullable<PartyCard['models']>> {
  const [dataset, second] = flags['model-dataset'] ?? [];
  if (dataset === undefined) return [];
  if (flags.model === undefined || second !== undefined)
    throw new CleanroomError('USAGE', 'a card names one sealed model and its digest', {
      hint: 'Give --model-dataset once, and the directory of that model with --model.',
    });
  return [{ dataset, ...(await modelFacts(flags.model)) }];
}

async function modelFacts(directory: string): Promise<ModelFacts> {
  const { readModelFacts } = await import('../summarizer/model-facts.js');
  return readModelFacts(directory);
}

async function describeModel(
  { model: directory, orExtractive }: Pick<InitFlags, 'model' | 'orExtractive'>,
  cards: readonly PartyCard[],
): Promise<Contract['model']> {
  const [secret] = cards.flatMap((card) => card.models ?? []);
  const method = orExtractive === true ? ({ method: 'model-or-extractive' } as const) : {};
  if (secret !== undefined) return { ...secret, ...method };
  if (directory === undefined) return { method: 'extractive' };
  const { modelLayerRootHash } = await import('../images/pack/model-layer.js');
  return {
    ...(await modelFacts(directory)),
    layer: `sha256:${await modelLayerRootHash(directory)}`,
    ...method,
  };
}

/* What a model says of itself (cleanroom.json): limits below it would refuse most of its summaries. */
async function usualCopies(directory: string | undefined): Promise<Partial<ContractLimits>> {
  if (directory === undefined) return {};
  const { describeModelDirectory } = await import('../summarizer/model-directory.js');
  const { usualCopiedWords, usualCopiedShare } =
    (await describeModelDirectory(directory)).models.at(-1)?.settings ?? {};
  return {
    ...(usualCopiedWords === undefined ? {} : { maxCopiedWords: usualCopiedWords }),
    ...(usualCopiedShare === undefined ? {} : { maxCopiedShare: usualCopiedShare }),
  };
}

type CopyLimits = Pick<ContractLimits, 'maxCopiedWords' | 'maxCopiedShare'>;

/** Each limit that is below what a model says it usually needs: most of its summaries would be refused. */
export function limitsBelow(usual: Partial<CopyLimits>, limits: CopyLimits): readonly string[] {
  return (['maxCopiedWords', 'maxCopiedShare'] as const).flatMap((name) => {
    const needed = usual[name];
    return needed === undefined || limits[name] >= needed
      ? []
      : [
          `${name} is ${limits[name]}, and the model usually needs ${needed}: the room would refuse most of its summaries`,
        ];
  });
}

function limitsFor(
  model: Contract['model'],
  flags: InitFlags,
  usual: Partial<ContractLimits>,
): Pick<ContractChoices, 'limits' | 'extractiveLimits'> {
  const extractive = !('family' in model) || model.method !== undefined;
  const stated = {
    ...(flags.script === undefined ? {} : { scripts: [...flags.script] }),
    ...(flags['max-characters'] === undefined ? {} : { maxCharacters: flags['max-characters'] }),
    ...(flags['max-share'] === undefined ? {} : { maxShareOfSource: Number(flags['max-share']) }),
    ...(flags['max-copied-words'] === undefined ? {} : { maxCopiedWords: flags['max-copied-words'] }),
    ...(flags['max-copied-share'] === undefined ? {} : { maxCopiedShare: Number(flags['max-copied-share']) }),
  };
  const maxResults = flags['max-results'] ?? DEFAULT_LIMITS.maxResults;
  return {
    limits: { ...DEFAULT_LIMITS, ...usual, ...stated, maxResults },
    extractiveLimits: extractive ? { ...DEFAULT_EXTRACTIVE_LIMITS, ...stated } : null,
  };
}

function required(value: string | undefined, flag: string): string {
  if (value === undefined) throw new CleanroomError('USAGE', `writing the contract needs ${flag}`);
  return value;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
