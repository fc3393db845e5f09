// `encrypt -f contract.yaml --dataset ID`: policy recomputed, key created, text sealed and uploaded.

import { join } from 'node:path';

import { readSasGrant, type SasGrant } from '../ports/sas-grant.js';
import { describeArtefact } from '../evidence/log-artefact.js';
import { findDataset } from '../contract/find-dataset.js';
import { CleanroomError } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import type { Progress } from '../base/progress.js';
import { requireOwnCardOf } from './agree/require-own-card.js';
import { requireAgreement, verifyPolicyCommand } from './before/require-agreement.js';
import { findConsents, requireConsent, requireSigned } from './consent-files.js';
import { openDatasetRecords } from './dataset-records.js';
import { encryptDataset, type EncryptResult } from './encrypt-dataset.js';
import type { EncryptInput, EncryptPorts, Reopens } from './encryption-input.js';
import { openFingerprintKey } from './fingerprint-key.js';
import { openPlainDataset } from './plain-dataset.js';
import { type EncryptionPreview, planEncryption, previewEncryption } from './plan-encryption.js';
import { MAX_STATEMENT_BYTES } from '../sealed-blob/statement/seal-statement.js';
import { statementBlob } from './dataset-storage.js';
import type { Desk, Environment } from '../ports/environment.js';
import { readContract } from './environment.js';
import { openOwnerKey } from './contract-key.js';
import { oneAtATime } from './one-at-a-time.js';
import { logArtefacts } from './log.js';
import { readRecipientKeys } from './recipient-keys.js';
import { recomputeRoomPolicy, type RoomPolicy } from './room-policy.js';
import { readSecret } from './secret-input.js';
import { contractAnchors } from './verify-room-evidence.js';

export interface EncryptActionInput {
  /** File, directory, pattern, or `-`. */
  readonly file: string;
  readonly contractPath: string;
  readonly dataset: string;
  /** CCE policy that the parties hold; compared byte for byte where given. */
  readonly policyPath: string | undefined;
  readonly imageFlags: readonly string[] | undefined;
  readonly contractKeyPath: string | undefined;
  readonly cacheDirectory: string;
  /** Whether images by digest may be fetched from the contract's own registries; not if absent. */
  readonly pullsImages?: boolean;
  /** Whose signatures have to be there: all that the contract demands, or the host's and the owner's own; all if absent. */
  readonly consents?: 'all' | 'host' | undefined;
  readonly mutableReason?: string | undefined;
  /** Key version to seal to, as URL, instead of a new one. */
  readonly key?: string | undefined;
  /** Where the SAS to upload with is: FILE, env:NAME or fd:N; the login if absent. */
  readonly sas?: string | undefined;
  /** Public keys (files) that the dataset is sealed to besides the vault's. */
  readonly alsoTo?: readonly string[] | undefined;
  /** Nobody agrees to it where this is absent. */
  readonly reopens?: Reopens;
  /** The policy of this contract, where the caller has just recomputed it; recomputed here if absent. */
  readonly recomputed?: RoomPolicy | undefined;
  /** `--trust-program`: `sha256:…` each. */
  readonly trusted?: readonly string[] | undefined;
  /** Transparency log that the seal statement goes into. */
  readonly log?: { readonly location: string; readonly desk: Desk } | undefined;
}

export interface Running {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const MAX_POLICY_BYTES = 16 * 1024 * 1024;
/** Sealed files on their way, and the owner's records. */
const WORK_DIRECTORY = '.cleanroom';
/* Read for what is there, create and write for the rest. */
const UPLOAD_PERMISSIONS = 'rcw';

/** @throws CleanroomError CONTRACT_NOT_MY_CARD, CONSENT_MISSING, POLICY_DRIFT, STATEMENT_…, SAS_…, and as encryptDataset */
export async function runEncrypt(
  environment: Environment,
  input: EncryptActionInput,
  running: Running,
): Promise<EncryptResult> {
  const prepared = await prepareEncrypt(environment, input, running);
  // The sealed file on its way and the record are the dataset's in this directory, whoever works there.
  const lock = join(environment.directory, WORK_DIRECTORY, `${prepared.input.dataset}.lock`);
  const result = await oneAtATime(lock, running, () =>
    encryptDataset(prepared.input, prepared.ports, running),
  );
  if (input.log !== undefined) {
    const statement = await readStatement(prepared.ports, prepared.input);
    const artefact = describeArtefact(statement, `${result.dataset} ${result.version}`, 'seal-statement');
    await logArtefacts(input.log.location, [artefact], prepared.input.contractKey, input.log.desk);
  }
  return result;
}

async function readStatement(
  { blobs }: EncryptPorts,
  { parsed, dataset: id }: EncryptInput,
): Promise<Uint8Array> {
  const blob = parsed.contract.datasets.find((dataset) => dataset.id === id)?.blob;
  const stored = blob === undefined ? null : await blobs.read(statementBlob(blob), MAX_STATEMENT_BYTES);
  if (stored === null)
    throw new CleanroomError('BLOB_MISSING', `the seal statement of ${id} is not in storage`);
  return stored.bytes;
}

/** What runEncrypt would do; nothing is changed. */
export async function previewEncrypt(
  environment: Environment,
  input: EncryptActionInput,
  running: Running,
): Promise<EncryptionPreview> {
  const prepared = await prepareEncrypt(environment, input, running);
  return previewEncryption(await planEncryption(prepared.input, prepared.ports), prepared.input);
}

async function prepareEncrypt(
  environment: Environment,
  input: EncryptActionInput,
  { progress, signal }: Running,
): Promise<{ readonly input: EncryptInput; readonly ports: EncryptPorts }> {
  const { directory } = environment;
  const workDirectory = join(directory, WORK_DIRECTORY);
  const parsed = await readContract(input.contractPath, directory);
  await requireOwnCardOf(environment, parsed, input.contractPath);
  const signers = [parsed.contract.room.host, environment.profile.party];
  if (input.consents === 'host') await requireSigned(input.contractPath, parsed, signers);
  else await requireConsent(input.contractPath, parsed);
  const dataset = findDataset(parsed.contract, input.dataset);
  const contractKey = await openOwnerKey(environment, dataset, input.contractKeyPath);
  const alsoTo = await readRecipientKeys(input.alsoTo ?? []);
  progress.phase('reading the text');
  const plain = await openPlainDataset({
    source: input.file,
    stdin: process.stdin,
    kind: dataset.kind,
    fingerprintKey: await openFingerprintKey(contractKey, workDirectory),
    workDirectory,
  });
  const recomputed =
    input.recomputed ?? (await recomputeRoomPolicy({ parsed, environment, ...input, progress, signal }));
  const { policy } = recomputed;
  await requireAgreedPolicy(policy.text, input.policyPath);
  await requireAgreement({
    parsed,
    recomputed,
    handedOver: null,
    consents: await findConsents(input.contractPath),
    signers: input.consents === 'host' ? signers : 'demanded',
    party: environment.profile.party,
    trusted: input.trusted ?? [],
    hint: verifyPolicyCommand(input.contractPath),
  });
  return {
    input: {
      parsed,
      dataset: input.dataset,
      policyHash: policy.hash,
      contractKey,
      plain,
      hsm: (await contractAnchors(parsed, environment.profile)).hsm,
      mutableReason: input.mutableReason ?? null,
      givenKey: input.key ?? null,
      alsoTo,
      reopens: input.reopens ?? (() => Promise.resolve(false)),
    },
    ports: await openPorts(environment, await readGrant(input, parsed.contract.datasets)),
  };
}

async function openPorts(environment: Environment, grant: SasGrant | null): Promise<EncryptPorts> {
  return {
    vault: (host) => environment.services.keyVault(host),
    blobs: await environment.services.blobs(grant),
    upload: await environment.services.uploads(grant),
    records: openDatasetRecords(join(environment.directory, WORK_DIRECTORY)),
    clock: () => new Date(),
  };
}

async function readGrant(
  { sas, dataset: id }: EncryptActionInput,
  datasets: EncryptInput['parsed']['contract']['datasets'],
): Promise<SasGrant | null> {
  const blob = datasets.find((dataset) => dataset.id === id)?.blob;
  if (sas === undefined || blob === undefined) return null;
  return readSasGrant(await readSecret(sas), { blob, permissions: UPLOAD_PERMISSIONS, at: new Date() });
}

async function requireAgreedPolicy(recomputed: string, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  if ((await readTextBounded(path, MAX_POLICY_BYTES)) === recomputed) return;
  throw new CleanroomError(
    'POLICY_DRIFT',
    `${path} is not, byte for byte, the policy that contract and images make`,
  );
}
