// What `encrypt` will do for a dataset: found out by reading alone, shown by --dry-run, carried out by encrypt-dataset.ts.

import { requireBudgetLeft } from './budget-use.js';
import { requireLoopback } from '../contract/emulated-contract.js';
import { findDataset } from '../contract/find-dataset.js';
import { blobUrl } from '../contract/room-plan.js';
import type { ContractDataset } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { vaultFlavour } from '../contract/vault-flavour.js';
import { releasePolicyOf } from '../contract/release-policy/build.js';
import { renderReleasePolicy } from '../contract/release-policy/grammar.js';
import type { VerifiedSealStatement } from '../sealed-blob/statement/seal-statement.js';
import { keyProblems } from './bound-key.js';
import { requirePartyKey } from './consent-files.js';
import { VERSION_TAG } from './dataset-keys.js';
import { readStoredSeal, type StoredSeal } from './dataset-storage.js';
import type { EncryptInput, EncryptPorts } from './encryption-input.js';
import type { KeyVault, VaultKey, VaultKeyVersion, VaultReleasePolicy } from '../ports/key-vault.js';

/** `none`: nothing to seal. `resume`: there already, nothing sealed to it. `given`: --key. */
export type KeyStep = 'none' | 'create' | 'new-version' | 'resume' | 'given';

export interface EncryptionPlan {
  readonly outcome: 'created' | 'new-version' | 'unchanged';
  readonly dataset: ContractDataset;
  readonly blob: string;
  readonly version: string;
  /** What is stored now, as its owner stated it. */
  readonly seal: StoredSeal | null;
  /** ETag of the blob that is there; null: none. */
  readonly etag: string | null;
  readonly key: PlannedKey;
  /** Release policy of the key, JSON. */
  readonly releasePolicy: string;
}

export interface PlannedKey {
  readonly step: KeyStep;
  /** The version that is sealed to, where it is there already. */
  readonly version: VaultKey | null;
  /** Other versions that will be disabled, by id; those that come until the end too. */
  readonly disables: readonly string[];
  /** Whether there are versions and each is disabled, as `key revoke` leaves them. */
  readonly revoked: boolean;
}

/** What is shown of a plan. */
export interface EncryptionPreview {
  readonly outcome: 'planned';
  readonly then: EncryptionPlan['outcome'];
  readonly dataset: string;
  readonly version: string;
  readonly key: {
    readonly step: KeyStep;
    readonly name: string;
    readonly vault: string;
    readonly service: string;
    /** Whether `key revoke` disabled all its versions: the owner is asked before another one is made. */
    readonly revoked: boolean;
  };
  readonly policyHash: string;
  readonly blob: string;
  readonly documents: number;
  /** Of the payload; null where the text comes through a pipe. */
  readonly sealedBytes: number | null;
  readonly disables: readonly string[];
}

/**
 * Reads vault and storage and says what is to be done; changes nothing.
 *
 * @throws CleanroomError EMULATED_CONTRACT, CONTRACT_USED_UP, DATASET_UNKNOWN, PARTY_KEY_MISMATCH, KEY_NOT_BOUND, and the vault's and storage's own
 */
export async function planEncryption(input: EncryptInput, ports: EncryptPorts): Promise<EncryptionPlan> {
  requireLoopback(input.parsed.contract);
  const dataset = findDataset(input.parsed.contract, input.dataset);
  requirePartyKey(input.parsed, dataset.owner, input.contractKey);
  // Before anything is read: what is found then is at least as new.
  const etag = await ports.blobs.etag(dataset.blob);
  const seal = await readStoredSeal(dataset.blob, input.contractKey.publicKey, ports.blobs);
  const stored = seal?.statement ?? null;
  const record = await ports.records.read(dataset.id);
  const releasePolicy = renderReleasePolicy(releasePolicyOf(input.parsed.contract, input.policyHash));
  const vault = await ports.vault(dataset.key.vault);
  const latest = await vault.get(dataset.key.name, null);
  const versions = latest === null ? [] : await vault.versions(dataset.key.name);
  const unchanged =
    stored !== null &&
    versions.some(({ id, enabled }) => enabled && id === stored.key) &&
    seal?.intact === true &&
    record !== null &&
    record.fingerprint === input.plain.fingerprint &&
    record.version === stored.version &&
    record.key === stored.key &&
    record.policyHash === input.policyHash &&
    stored.contract === input.parsed.digest &&
    input.alsoTo.every(({ thumbprint }) => seal.recipients.includes(thumbprint)) &&
    (input.givenKey === null || input.givenKey === stored.key);
  if (!unchanged) await requireBudgetLeft(input.parsed, dataset, ports.blobs);
  const version = nextVersion(stored, unchanged);
  const key = unchanged
    ? {
        step: 'none' as const,
        version: null,
        disables: input.givenKey === null ? earlierThan(versions, stored.key) : [],
        revoked: false,
      }
    : await planKey(vault, { dataset, version, latest, versions, stored, releasePolicy, input });
  const outcome = unchanged ? 'unchanged' : stored === null ? 'created' : 'new-version';
  return { outcome, dataset, blob: blobUrl(dataset.blob), version, seal, etag, key, releasePolicy };
}

/* Those that a run which was broken off has not come to; newer ones are not its business, nor those of a shared key. */
function earlierThan(versions: readonly VaultKeyVersion[], id: string): readonly string[] {
  const createdAt = versions.find((entry) => entry.id === id)?.createdAt ?? new Date(0);
  return versions
    .filter((entry) => entry.enabled && entry.createdAt !== null && entry.createdAt < createdAt)
    .map((entry) => entry.id);
}

/** The plan for eyes. */
export function previewEncryption(
  plan: EncryptionPlan,
  { policyHash, plain }: EncryptInput,
): EncryptionPreview {
  const { dataset, key } = plan;
  return {
    outcome: 'planned',
    then: plan.outcome,
    dataset: dataset.id,
    version: plan.version,
    key: {
      step: key.step,
      name: dataset.key.name,
      vault: dataset.key.vault,
      service: vaultFlavour(dataset.key.vault).service,
      revoked: key.revoked,
    },
    policyHash,
    blob: plan.blob,
    documents: plain.documents,
    sealedBytes: plain.sealedBytes,
    disables: key.disables,
  };
}

function nextVersion(stored: VerifiedSealStatement | null, unchanged: boolean): string {
  if (stored === null) return '1';
  return unchanged ? stored.version : String(Number(stored.version) + 1);
}

interface KeyQuestion {
  readonly dataset: ContractDataset;
  readonly version: string;
  /** Of the dataset's key; null and none where it does not exist. */
  readonly latest: VaultKey | null;
  readonly versions: readonly VaultKeyVersion[];
  readonly stored: VerifiedSealStatement | null;
  readonly releasePolicy: string;
  readonly input: EncryptInput;
}

/*
 * A key version of its own for each dataset version. One that nothing is sealed to yet is taken: left by a run that broke
 * off, or made by `key create` or `key rotate`.
 */
async function planKey(vault: KeyVault, question: KeyQuestion): Promise<PlannedKey> {
  const { version, latest, versions, stored, input } = question;
  if (input.givenKey !== null) {
    const given = await givenKey(vault, question, input.givenKey);
    return { step: 'given', version: given, disables: [], revoked: false };
  }
  if (latest === null) return { step: 'create', version: null, disables: [], revoked: false };
  const enabled = versions.filter((entry) => entry.enabled);
  const resumable =
    latest.enabled &&
    latest.id !== stored?.key &&
    [version, undefined].includes(latest.tags[VERSION_TAG]) &&
    latest.tags['contract'] === input.parsed.digest &&
    latest.releasePolicy?.immutable === (input.mutableReason === null) &&
    keyProblems(latest, demandOf(question)).length === 0;
  const disables = enabled.map(({ id }) => id).filter((id) => !resumable || id !== latest.id);
  return resumable
    ? { step: 'resume', version: latest, disables, revoked: false }
    : { step: 'new-version', version: null, disables, revoked: enabled.length === 0 };
}

async function givenKey(vault: KeyVault, question: KeyQuestion, url: string): Promise<VaultKey> {
  const { dataset } = question;
  const prefix = `https://${dataset.key.vault}/keys/${dataset.key.name}/`;
  const version = url.slice(prefix.length);
  if (!url.startsWith(prefix) || !/^[0-9A-Za-z]{1,64}$/.test(version)) {
    throw new CleanroomError('USAGE', `${url} is no version of the dataset's key, ${prefix}VERSION`);
  }
  const key = await vault.get(dataset.key.name, version);
  if (key === null) throw new CleanroomError('KEY_NOT_FOUND', `${vault.host} has no key ${url}`);
  if (!key.enabled) throw new CleanroomError('KEY_DISABLED', `${key.id} is disabled`);
  const problems = keyProblems(key, demandOf(question));
  if (problems.length === 0) return key;
  throw new CleanroomError('KEY_NOT_BOUND', `${key.id}: ${problems.join('; ')}`);
}

function demandOf({ releasePolicy, input }: KeyQuestion): VaultReleasePolicy {
  return { text: releasePolicy, immutable: input.mutableReason === null };
}
