// Party II's whole step: a key that only the room can have, the text sealed to it, and all of it in storage.

import { createPublicKey, type KeyObject } from 'node:crypto';

import { utf8 } from '../bytes/arrays.js';
import type { Sha256Hex } from '../bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import type { PartyKeyPair } from '../contract/party-keys.js';
import type { ContractBlob, ContractDataset } from '../contract/schema.js';
import { CleanroomError } from '../errors.js';
import type { Progress } from '../progress.js';
import { releasePolicyOf } from '../release-policy/build.js';
import { renderReleasePolicy } from '../release-policy/grammar.js';
import { type RecipientKey, recipientKeyOf } from '../sealed-blob/recipient-key.js';
import type { ContentDigest } from '../sealed-blob/payload-digest.js';
import {
  MAX_STATEMENT_BYTES,
  signSealStatement,
  type VerifiedSealStatement,
  verifySealStatement,
} from '../sealed-blob/seal-statement.js';
import { initialBudgetState } from '../summary/budget.js';
import { requirePartyKey } from './consent-files.js';
import type { KeyVault, VaultKey } from './key-vault.js';
import type { BlobStore, Clock } from './ports.js';

/** The plaintext as a workflow sees it: something that can be sealed, and a fingerprint that its owner keeps. */
export interface PlainDataset {
  /** Keyed digest of the plaintext, for the owner's own record: says whether a second run brings the same text. */
  readonly fingerprint: string;
  /** Seals the dataset for `recipient` into a local file; the same file again where a run was broken off. */
  seal(recipient: RecipientKey, labels: SealLabels): Promise<SealedFile>;
}

export interface SealLabels {
  readonly contract: Sha256Hex;
  readonly dataset: string;
  readonly version: string;
}

export interface SealedFile {
  readonly path: string;
  readonly header: ContentDigest;
  readonly payload: ContentDigest;
}

/** What the owner keeps of its last run, on its own disk. */
export interface DatasetRecord {
  readonly version: string;
  readonly fingerprint: string;
  readonly policyHash: string;
  readonly key: string;
}

export interface DatasetRecords {
  read(dataset: string): Promise<DatasetRecord | null>;
  write(dataset: string, record: DatasetRecord): Promise<void>;
}

export interface EncryptPorts {
  readonly vault: (host: string) => Promise<KeyVault>;
  readonly blobs: BlobStore;
  /** Uploads a sealed file under a condition; resumes an upload of the same file that was broken off. */
  readonly upload: (
    file: SealedFile,
    blob: ContractBlob,
    progress: Progress,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly records: DatasetRecords;
  readonly clock: Clock;
}

export interface EncryptInput {
  readonly parsed: ParsedContract;
  readonly dataset: string;
  readonly policyHash: Sha256Hex;
  readonly contractKey: PartyKeyPair;
  readonly plain: PlainDataset;
  /** Whether the release policy may be changed later; immutable unless the owner says so. */
  readonly mutablePolicy: boolean;
}

export interface EncryptResult {
  readonly outcome: 'created' | 'new-version' | 'unchanged';
  readonly dataset: string;
  readonly version: string;
  /** Key URL with version. */
  readonly key: string;
  readonly blob: string;
  readonly policyHash: string;
  /** Earlier key versions that were disabled. */
  readonly disabledKeys: readonly string[];
}

/**
 * Makes the key, seals, uploads, states. Nothing is replaced before its successor is complete; the same text under the
 * same policy again changes nothing.
 *
 * @throws CleanroomError DATASET_UNKNOWN, PARTY_KEY_MISMATCH, STATE_MISSING, and the vault's and storage's own
 */
export async function encryptDataset(
  input: EncryptInput,
  ports: EncryptPorts,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<EncryptResult> {
  const dataset = findDataset(input);
  progress.phase('looking at what is stored');
  const [stored, record] = [await readStatement(dataset, input, ports), await ports.records.read(dataset.id)];
  const url = `${dataset.blob.account}/${dataset.blob.container}/${dataset.blob.name}`;
  if (stored !== null && record !== null && isSameAgain(stored, record, input)) {
    await storeContractAndState(input.parsed, ports, stored);
    return {
      outcome: 'unchanged',
      dataset: dataset.id,
      version: stored.version,
      key: stored.key,
      blob: url,
      policyHash: input.policyHash,
      disabledKeys: [],
    };
  }
  const version = stored === null ? '1' : String(Number(stored.version) + 1);
  const vault = await ports.vault(dataset.key.vault);
  progress.phase(`creating the key ${dataset.key.name} for dataset version ${version}`);
  const key = await keyForVersion(vault, dataset, input, version);
  progress.phase('sealing');
  const labels = { contract: input.parsed.digest, dataset: dataset.id, version };
  const sealed = await input.plain.seal(recipientKeyOf(publicKeyOf(key), key.id), labels);
  signal.throwIfAborted();
  progress.phase('uploading');
  await ports.blobs.ensureContainer(dataset.blob);
  await ports.upload(sealed, dataset.blob, progress, signal);
  await writeStatement({ dataset, version, key, sealed }, input, ports);
  await storeContractAndState(input.parsed, ports, stored);
  progress.phase('disabling earlier versions of the key');
  const disabledKeys = await disableEarlier(vault, key);
  await ports.records.write(dataset.id, {
    version,
    fingerprint: input.plain.fingerprint,
    policyHash: input.policyHash,
    key: key.id,
  });
  const outcome = stored === null ? 'created' : 'new-version';
  return {
    outcome,
    dataset: dataset.id,
    version,
    key: key.id,
    blob: url,
    policyHash: input.policyHash,
    disabledKeys,
  };
}

function findDataset({ parsed, dataset: id, contractKey }: EncryptInput): ContractDataset {
  const dataset = parsed.contract.datasets.find((candidate) => candidate.id === id);
  if (dataset === undefined) {
    const known = parsed.contract.datasets.map((candidate) => candidate.id).join(', ');
    throw new CleanroomError(
      'DATASET_UNKNOWN',
      `the contract ${parsed.contract.name} has no dataset ${id}; it has: ${known}`,
    );
  }
  requirePartyKey(parsed, dataset.owner, contractKey);
  return dataset;
}

/** The owner's own statement beside the stored blob; null if there is none. */
async function readStatement(
  dataset: ContractDataset,
  { contractKey }: EncryptInput,
  { blobs }: EncryptPorts,
): Promise<VerifiedSealStatement | null> {
  const stored = await blobs.read(statementBlob(dataset.blob), MAX_STATEMENT_BYTES);
  return stored === null
    ? null
    : verifySealStatement(new TextDecoder().decode(stored.bytes).trim(), contractKey.publicKey);
}

function isSameAgain(stored: VerifiedSealStatement, record: DatasetRecord, input: EncryptInput): boolean {
  return (
    stored.contract === input.parsed.digest &&
    stored.version === record.version &&
    stored.key === record.key &&
    record.policyHash === input.policyHash &&
    record.fingerprint === input.plain.fingerprint
  );
}

/** A key version of its own for each dataset version; one left by a run that broke off is taken up again. */
async function keyForVersion(
  vault: KeyVault,
  dataset: ContractDataset,
  input: EncryptInput,
  version: string,
): Promise<VaultKey> {
  const text = renderReleasePolicy(releasePolicyOf(input.parsed.contract, input.policyHash));
  const tags = { dataset: dataset.id, version, contract: input.parsed.digest };
  const latest = await vault.get(dataset.key.name, null);
  const reusable =
    latest?.enabled === true &&
    latest.tags['version'] === version &&
    latest.tags['contract'] === input.parsed.digest &&
    latest.releasePolicy?.text === text;
  if (latest !== null && reusable) return latest;
  return vault.create({
    name: dataset.key.name,
    kind: 'RSA-HSM',
    size: 3072,
    // Not unwrapKey: whoever has a role on the key could then read the text without any attestation.
    operations: ['wrapKey'],
    releasePolicy: { text, immutable: !input.mutablePolicy },
    tags,
  });
}

function publicKeyOf(key: VaultKey): KeyObject {
  if (key.publicKey === null)
    throw new CleanroomError('JWK_INVALID', `the key ${key.id} has no public half to seal to`);
  return createPublicKey({ key: key.publicKey, format: 'jwk' });
}

interface Uploaded {
  readonly dataset: ContractDataset;
  readonly version: string;
  readonly key: VaultKey;
  readonly sealed: SealedFile;
}

async function writeStatement(
  { dataset, version, key, sealed }: Uploaded,
  { parsed, contractKey }: EncryptInput,
  { blobs, clock }: EncryptPorts,
): Promise<void> {
  const statement = signSealStatement(
    {
      contract: parsed.digest,
      dataset: dataset.id,
      version,
      key: key.id,
      header: sealed.header,
      payload: sealed.payload,
      iat: Math.floor(clock().getTime() / 1000),
    },
    contractKey.privateKey,
  );
  await blobs.write(statementBlob(dataset.blob), utf8(statement), 'replace');
}

/**
 * The canonical contract, and the budget's empty state: made once. A state that is gone although data was stored
 * before is not made again: that would give the host its budget back.
 */
async function storeContractAndState(
  { contract, canonical, digest }: ParsedContract,
  { blobs }: EncryptPorts,
  earlier: VerifiedSealStatement | null,
): Promise<void> {
  await blobs.ensureContainer(contract.room.contractBlob);
  await blobs.write(contract.room.contractBlob, utf8(canonical), 'replace');
  await blobs.ensureContainer(contract.room.stateBlob);
  const state = await blobs.read(contract.room.stateBlob, 16 * 1024 * 1024);
  if (state !== null) return;
  if (earlier?.contract === digest) {
    throw new CleanroomError(
      'STATE_MISSING',
      `the budget state ${contract.room.stateBlob.name} of this contract was there before and is gone`,
    );
  }
  await blobs.write(contract.room.stateBlob, initialBudgetState(digest), 'create');
}

async function disableEarlier(vault: KeyVault, key: VaultKey): Promise<readonly string[]> {
  const earlier = (await vault.versions(key.name)).filter(
    ({ version, enabled }) => enabled && version !== key.version,
  );
  for (const { version } of earlier) await vault.setEnabled(key.name, version, 'disabled');
  return earlier.map(({ id }) => id);
}

/** The seal statement's blob: beside the sealed blob. */
export function statementBlob(blob: ContractBlob): ContractBlob {
  return { ...blob, name: `${blob.name}.jws` };
}
