// Party II's whole step: a key that only the room can have, the text sealed to it, and all of it in storage.

import { createPublicKey, type KeyObject } from 'node:crypto';

import type { Sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import { type ContractSigner, signingKeyOf } from '../contract/contract-signer.js';
import type { ContractBlob } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import type { Progress } from '../base/progress.js';
import type { ContentDigest } from '../sealed-blob/format/payload-digest.js';
import { type RecipientKey, recipientKeyOf } from '../sealed-blob/format/recipient-key.js';
import { signSealStatement } from '../sealed-blob/format/sign-seal-statement.js';
import { makeBoundKey } from './bound-key.js';
import { replaceWithStatement, storeContractAndState } from './dataset-storage.js';
import { keyTags, REUSED_TAG } from './dataset-keys.js';
import type { KeyVault, NewKey, VaultKey } from '../ports/key-vault.js';
import { type EncryptionPlan, planEncryption } from './plan-encryption.js';
import type { BlobStore, Clock } from '../ports/ports.js';

/** The plaintext as a workflow sees it: something that can be sealed, and a fingerprint that its owner keeps. */
export interface PlainDataset {
  /**
   * Keyed digest of the plaintext, for the owner's own record: says whether a second run brings the same text. Null where
   * it can be read only once (a pipe).
   */
  readonly fingerprint: string | null;
  /** Length of the payload; null for a pipe. */
  readonly sealedBytes: number | null;
  readonly documents: number;
  /** Seals the dataset into a local file; the same file again where a run was broken off. */
  seal(recipients: readonly RecipientKey[], labels: SealLabels, signal: AbortSignal): Promise<SealedDataset>;
  /** Removes the local file. */
  discard(sealed: SealedDataset): Promise<void>;
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

export interface SealedDataset extends SealedFile {
  readonly fingerprint: string;
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

export interface UploadPlace {
  readonly blob: ContractBlob;
  /** What may be replaced there: nothing, or a blob that its owner's statement is beside. */
  readonly over: 'nothing' | 'own';
}

export interface EncryptPorts {
  readonly vault: (host: string) => Promise<KeyVault>;
  readonly blobs: BlobStore;
  /** Uploads a sealed file under a condition; resumes an upload of the same file that was broken off. */
  readonly upload: (file: SealedFile, place: UploadPlace, running: Running) => Promise<void>;
  readonly records: DatasetRecords;
  readonly clock: Clock;
}

export interface EncryptInput {
  readonly parsed: ParsedContract;
  readonly dataset: string;
  readonly policyHash: Sha256Hex;
  readonly contractKey: ContractSigner;
  readonly plain: PlainDataset;
  /** Why the release policy may be changed later; null: it is immutable. */
  readonly mutableReason: string | null;
  /** Key version to seal to instead of a new one, as URL. */
  readonly givenKey: string | null;
  /** Further keys that open the blob, such as the owner's own for `blob rewrap`. */
  readonly alsoTo: readonly RecipientKey[];
}

export interface EncryptResult {
  readonly outcome: EncryptionPlan['outcome'];
  readonly dataset: string;
  readonly version: string;
  /** Key URL with version. */
  readonly key: string;
  readonly blob: string;
  /** What cannot be overwritten: version or snapshot of the blob; null where the run found it there already. */
  readonly preserved: string | null;
  readonly policyHash: string;
  /** Earlier key versions that were disabled. */
  readonly disabledKeys: readonly string[];
}

export interface Running {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Makes the key, seals, uploads, states. Nothing is replaced before its successor is complete; the same text under the
 * same policy again changes nothing. A run that was broken off is gone on with by the next one.
 *
 * @throws CleanroomError as planEncryption, STATE_MISSING, and the vault's and storage's own
 */
export async function encryptDataset(
  input: EncryptInput,
  ports: EncryptPorts,
  running: Running,
): Promise<EncryptResult> {
  running.progress.phase('looking at what is stored');
  const plan = await planEncryption(input, ports);
  const vault = await ports.vault(plan.dataset.key.vault);
  if (plan.outcome === 'unchanged' && plan.stored !== null) {
    await storeContractAndState(plan.dataset, input.parsed, ports.blobs, plan.stored);
    const disabledKeys = await disable(vault, plan);
    return resultOf(plan, input, { key: plan.stored.key, preserved: null, disabledKeys });
  }
  const key = await keyOf(vault, plan, input, running);
  const preserved = await sealAndUpload({ plan, key }, input, ports, running);
  running.progress.phase('disabling earlier versions of the key');
  return resultOf(plan, input, { key: key.id, preserved, disabledKeys: await disable(vault, plan) });
}

interface Planned {
  readonly plan: EncryptionPlan;
  readonly key: VaultKey;
}

async function sealAndUpload(
  { plan, key }: Planned,
  input: EncryptInput,
  ports: EncryptPorts,
  running: Running,
): Promise<string> {
  const { progress, signal } = running;
  const { dataset, version, stored } = plan;
  progress.phase('sealing');
  const labels = { contract: input.parsed.digest, dataset: dataset.id, version };
  const recipients = [recipientKeyOf(publicKeyOf(key), key.id), ...input.alsoTo];
  const sealed = await tellOfKey({ plan, key }, () => input.plain.seal(recipients, labels, signal));
  signal.throwIfAborted();
  const { fingerprint } = sealed;
  await ports.records.write(dataset.id, { version, fingerprint, policyHash: input.policyHash, key: key.id });
  progress.phase('uploading');
  await ports.blobs.ensureContainer(dataset.blob);
  const after = await signSealStatement(
    {
      ...labels,
      key: key.id,
      header: sealed.header,
      payload: sealed.payload,
      iat: Math.floor(ports.clock().getTime() / 1000),
    },
    signingKeyOf(input.contractKey),
  );
  await replaceWithStatement({ blob: dataset.blob, blobs: ports.blobs }, { before: stored, after }, () =>
    ports.upload(sealed, { blob: dataset.blob, over: stored === null ? 'nothing' : 'own' }, running),
  );
  const preserved = await ports.blobs.preserve(dataset.blob, { dataset: dataset.id, version });
  await storeContractAndState(dataset, input.parsed, ports.blobs, stored);
  await input.plain.discard(sealed);
  return preserved;
}

/* A pipe is looked at only while it is sealed, when its key is made already: whose text is refused is told of the key. */
async function tellOfKey<T>({ plan, key }: Planned, seal: () => Promise<T>): Promise<T> {
  try {
    return await seal();
  } catch (cause) {
    const made = plan.key.step === 'create' || plan.key.step === 'new-version';
    if (!made || !(cause instanceof CleanroomError) || cause.code === 'INTERRUPTED') throw cause;
    const kept = `The key version ${key.id}, made for it, is kept: the next encrypt seals to it.`;
    throw new CleanroomError(cause.code, cause.message, { hint: `${cause.hint} ${kept}`, cause });
  }
}

function resultOf(
  { outcome, dataset, version, blob }: EncryptionPlan,
  { policyHash }: EncryptInput,
  done: Pick<EncryptResult, 'key' | 'preserved' | 'disabledKeys'>,
): EncryptResult {
  return { outcome, dataset: dataset.id, version, blob, policyHash, ...done };
}

async function keyOf(
  vault: KeyVault,
  { dataset, key, version, releasePolicy }: EncryptionPlan,
  { parsed, mutableReason }: EncryptInput,
  { progress }: Running,
): Promise<VaultKey> {
  if (key.version !== null) {
    if (key.step === 'given') await vault.tag(key.version, { ...key.version.tags, [REUSED_TAG]: 'true' });
    return key.version;
  }
  progress.phase(`creating the key ${dataset.key.name} for dataset version ${version}`);
  const asked: NewKey = {
    name: dataset.key.name,
    kind: 'RSA-HSM',
    size: 3072,
    // Not unwrapKey: whoever has a role on the key could then read the text without any attestation.
    operations: ['wrapKey'],
    releasePolicy: { text: releasePolicy, immutable: mutableReason === null },
    tags: { ...keyTags(dataset.id, parsed.digest, mutableReason), version },
  };
  return makeBoundKey(vault, asked, null);
}

function publicKeyOf(key: VaultKey): KeyObject {
  if (key.publicKey === null)
    throw new CleanroomError('JWK_INVALID', `the key ${key.id} has no public half to seal to`);
  return createPublicKey({ key: key.publicKey, format: 'jwk' });
}

async function disable(vault: KeyVault, { dataset, key }: EncryptionPlan): Promise<readonly string[]> {
  for (const id of key.disables) {
    await vault.setEnabled(dataset.key.name, id.slice(id.lastIndexOf('/') + 1), 'disabled');
  }
  return key.disables;
}
