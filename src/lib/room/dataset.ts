// One owner's sealed dataset: its statement is checked, then its key is released, then it is opened; in this order.

import type { KeyObject } from 'node:crypto';

import { decodeUtf8 } from '../base/bytes/arrays.js';
import type { ParsedContract } from '../contract/check.js';
import {
  keyAttestationName,
  MAX_KEY_ATTESTATION_BYTES,
  readKeyAttestationFile,
  type VaultKeyAttestation,
} from '../contract/key-attestation-file.js';
import { blobUrl } from '../contract/room-plan.js';
import type { ContractDataset } from '../contract/schema.js';
import type { ReceiptInput } from '../evidence/receipt.js';
import { CleanroomError } from '../base/errors.js';
import type { SidecarClient } from './key-release/sidecar-client.js';
import { headerSize, parseHeader, type SealedHeader } from '../sealed-blob/format/header.js';
import { HEADER_OFFSET, MAX_HEADER_BYTES } from '../sealed-blob/format/layout.js';
import { type OpenedBlob, openStream } from '../sealed-blob/engine/open.js';
import { createDigestTap, type DigestTap, digestOf } from '../sealed-blob/engine/payload-digest.js';
import { keyThumbprint } from '../keys/key-thumbprint.js';
import {
  appraiseSealStatement,
  MAX_STATEMENT_BYTES,
  type SealedFacts,
  statementOfHeader,
  type VerifiedSealStatement,
  verifySealStatements,
} from '../sealed-blob/statement/seal-statement.js';
import type { Check } from '../base/verdict/check.js';
import type { BlobAddress, BlobClient, BlobVersion } from './blob-client.js';
import type { RoomConfig } from './config.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import type { VaultLogins } from './vault-login.js';
import { requireCommitment } from './require-commitment.js';

/** A dataset whose statement holds and whose key is here; its payload has not been read. */
export interface UnlockedDataset {
  readonly dataset: ContractDataset;
  readonly input: ReceiptInput;
  readonly key: KeyObject;
  readonly sealed: SealedSource;
}

interface SealedSource {
  readonly address: BlobAddress;
  /** Everything that is read later is of this version of the blob. */
  readonly version: BlobVersion;
  readonly header: SealedHeader;
  readonly statement: VerifiedSealStatement;
  /** What stands beside it of the key in the HSM, for the evidence; nothing is judged by it here. */
  readonly keyAttestation: VaultKeyAttestation | null;
}

export interface DatasetAccess {
  readonly client: BlobClient;
  readonly sidecar: SidecarClient;
  readonly vaultLogin: VaultLogins;
  readonly config: RoomConfig;
  readonly parsed: ParsedContract;
}

/**
 * Checks the owner's statement over the blob in storage and gets the key of the version that it names.
 *
 * @throws CleanroomError BLOB_MISSING, SEAL_STATEMENT_REJECTED, DATASET_REFUSED, KEY_… as the sidecar answers.
 */
export async function unlockDataset(
  access: DatasetAccess,
  dataset: ContractDataset,
): Promise<UnlockedDataset> {
  const sealed = await findSealed(access, dataset);
  const { statement, header } = sealed;
  requireCommitment(dataset.id, header);
  const checks = appraiseSealStatement(statement, factsOf(access.parsed, dataset, sealed, null));
  requireNoFailure(dataset, checks);
  if (!header.recipients.some((recipient) => recipient.header.kid === statement.key))
    throw refused(dataset, 'it is not sealed to the key that its owner names');
  const key = await releaseKey(access, dataset, statement.key);
  return { dataset, key, sealed, input: inputOf(dataset, statement, key) };
}

/** A dataset that is being read. */
export interface OpenedDataset {
  readonly blob: OpenedBlob;
  /** Called at the end of the plaintext: nothing read may be used unless it returns. @throws CleanroomError DATASET_REFUSED */
  readonly requireWhole: () => void;
}

/**
 * Opens a dataset to be read once, from its beginning to its end.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, BLOB_CHANGED, also while the plaintext is read
 */
export async function openDataset(
  access: DatasetAccess,
  { dataset, key, sealed }: UnlockedDataset,
): Promise<OpenedDataset> {
  const tap = createDigestTap();
  const source = sealedBytes(access.client, sealed, tap);
  const blob = await openStream(source, { identities: () => [key] });
  const requireWhole = (): void => {
    const checks = appraiseSealStatement(sealed.statement, factsOf(access.parsed, dataset, sealed, tap));
    requireNoFailure(dataset, checks);
    if (checks.some((check) => check.status === 'skip'))
      throw refused(dataset, 'its payload was not checked');
  };
  return { blob, requireWhole };
}

/**
 * Opens a dataset and gives it to `read`; whatever `read` returns is let go only after the payload's digest has been
 * found to be the owner's.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, BLOB_CHANGED, DATASET_REFUSED, and what `read` throws
 */
export async function readDataset<T>(
  access: DatasetAccess,
  unlocked: UnlockedDataset,
  read: (blob: OpenedBlob) => Promise<T>,
): Promise<T> {
  const { blob, requireWhole } = await openDataset(access, unlocked);
  const value = await read(blob);
  requireWhole();
  return value;
}

async function findSealed(
  { client, config, parsed }: DatasetAccess,
  dataset: ContractDataset,
): Promise<SealedSource> {
  const sas = config.datasetSas(dataset.id);
  const address = { url: blobUrl(dataset.blob), sas };
  const version = await client.find(address);
  if (version === null) throw missing(dataset, 'its sealed blob');
  const stored = await client.read({ url: `${address.url}.jws`, sas }, MAX_STATEMENT_BYTES);
  if (stored === null) throw missing(dataset, "its owner's seal statement");
  const owner = parsed.contract.parties.find((party) => party.id === dataset.owner);
  if (owner === undefined) throw refused(dataset, 'the contract does not know its owner');
  const statements = verifySealStatements(decodeUtf8(stored.bytes) ?? '', owner.contractKey);
  const header = await readHeader(client, address, version);
  const statement = statementOfHeader(statements, digestOf(header.raw));
  const keyAttestation = await readKeyAttestation(client, address, statement.key);
  return { address, version, header, statement, keyAttestation };
}

async function readKeyAttestation(
  client: BlobClient,
  { url, sas }: BlobAddress,
  key: string,
): Promise<VaultKeyAttestation | null> {
  try {
    const stored = await client.read({ url: keyAttestationName(url), sas }, MAX_KEY_ATTESTATION_BYTES);
    return stored === null ? null : readKeyAttestationFile(stored.bytes, key);
  } catch (cause) {
    // It is evidence only: without it less is shown of the key, and the work goes on.
    if (cause instanceof CleanroomError) return null;
    throw cause;
  }
}

async function readHeader(
  client: BlobClient,
  address: BlobAddress,
  version: BlobVersion,
): Promise<SealedHeader> {
  const start = await client.readRange(address, version, 0, Math.min(version.length, HEADER_OFFSET));
  const size = headerSize(start);
  if (size > MAX_HEADER_BYTES + HEADER_OFFSET || size > version.length)
    throw new CleanroomError('SEALED_BLOB_REJECTED', 'the blob ends inside its header');
  return parseHeader(await client.readRange(address, version, 0, size));
}

/* The header that was checked, then the payload as it comes, past the tap. */
async function* sealedBytes(
  client: BlobClient,
  sealed: SealedSource,
  tap: DigestTap,
): AsyncGenerator<Uint8Array> {
  yield sealed.header.raw;
  yield* tap.tap(client.stream(sealed.address, sealed.version, sealed.header.raw.length));
}

/* The first authority of the contract that leads to the key; the sidecar is told no other host than the contract's. */
async function releaseKey(
  access: DatasetAccess,
  dataset: ContractDataset,
  keyUrl: string,
): Promise<KeyObject> {
  const { sidecar, parsed } = access;
  const version = keyUrl.slice(keyUrl.lastIndexOf('/') + 1);
  const accessToken = await findAccessToken(access, dataset);
  let failure: unknown;
  for (const authority of parsed.contract.attestation.authorities) {
    try {
      return await sidecar.releaseKey({
        authority: authority.replace(/^https:\/\//, ''),
        vault: dataset.key.vault,
        key: `${dataset.key.name}/${version}`,
        ...(accessToken === null ? {} : { accessToken }),
      });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/* The contract's login before a token that came with the deployment; null: the sidecar asks the group's own identity. */
function findAccessToken(
  { vaultLogin, config }: DatasetAccess,
  { id, key }: ContractDataset,
): Promise<string> | string | null {
  return key.login === undefined ? config.datasetToken(id) : vaultLogin(key.login, key.vault);
}

function factsOf(
  parsed: ParsedContract,
  dataset: ContractDataset,
  { header }: SealedSource,
  tap: DigestTap | null,
): SealedFacts {
  return {
    contract: parsed.digest,
    dataset: dataset.id,
    key: dataset.key,
    protected: header.protected,
    header: digestOf(header.raw),
    payload: tap?.digest() ?? null,
  };
}

function inputOf(
  { id, owner, kind }: ContractDataset,
  statement: VerifiedSealStatement,
  key: KeyObject,
): ReceiptInput {
  return {
    dataset: id,
    owner,
    kind,
    version: statement.version,
    header: statement.header.sha256 as Sha256Hex,
    payload: statement.payload.sha256 as Sha256Hex,
    key: statement.key,
    jkt: keyThumbprint(key),
  };
}

function requireNoFailure(dataset: ContractDataset, checks: readonly Check[]): void {
  const failed = checks.filter((check) => check.status === 'fail').map((check) => check.id);
  if (checks.length === 0 || failed.length > 0)
    throw refused(dataset, `its seal statement is invalid (${failed.join(', ')})`);
}

function missing({ id }: ContractDataset, what: string): CleanroomError {
  return new CleanroomError('BLOB_MISSING', `dataset ${id}: ${what} is not in storage`);
}

function refused({ id }: ContractDataset, why: string): CleanroomError {
  return new CleanroomError('DATASET_REFUSED', `dataset ${id} is refused: ${why}`);
}
