// `blob rewrap` in storage: the header's block is replaced, the payload is neither read nor sent. The seal statement of the
// new header stands beside the blob before it does, and the old one until then.

import { createPublicKey, type KeyObject } from 'node:crypto';

import type { HsmAnchors } from '../attestation/anchors.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import { requireLoopback } from '../contract/emulated-contract.js';
import { type ContractSigner, signingKeyOf } from '../keys/contract-signer.js';
import type { ContractDataset } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { releasePolicyOf } from '../contract/release-policy/build.js';
import { renderReleasePolicy } from '../contract/release-policy/grammar.js';
import { digestOf } from '../sealed-blob/engine/payload-digest.js';
import { type RecipientKey, recipientKeyOf } from '../keys/recipient-key.js';
import { signSealStatement } from '../sealed-blob/statement/sign-seal-statement.js';
import { keyProblems, statedReleasePolicy } from './bound-key.js';
import { attestVaultKey, requireAttested, storeKeyAttestation } from './key-attestation.js';
import { readStoredSeal, replaceWithStatement } from './dataset-storage.js';
import type { KeyVault, VaultKey } from '../ports/key-vault.js';
import type { BlobStore, Clock } from '../ports/ports.js';
import type { StoredSealedBlob } from '../ports/sealed-location.js';
import { readSealedHeader, rewrapHeader, type SealedFileView, view } from './sealed-file.js';

export interface RewrapStoredInput {
  readonly parsed: ParsedContract;
  readonly dataset: ContractDataset;
  readonly contractKey: ContractSigner;
  /** Of the CCE policy, recomputed: the key that is sealed to has to be bound to it, as in `encrypt`. */
  readonly policyHash: Sha256Hex;
  /** Private key of one of the present recipients. */
  readonly identity: KeyObject;
  /** Besides the latest version of the dataset's key, which is always a recipient. */
  readonly alsoTo: readonly RecipientKey[];
}

export interface RewrapStoredPorts {
  readonly vault: KeyVault;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** By whom attestations of keys are judged. */
  readonly hsm: HsmAnchors;
}

export interface RewrappedBlob extends SealedFileView {
  /** Key version that the room asks for from now on. */
  readonly key: string;
  readonly preserved: string;
}

/**
 * Gives a stored dataset to the latest version of its key.
 *
 * @throws CleanroomError EMULATED_CONTRACT, SEALED_BLOB_REJECTED, SEAL_STATEMENT_REJECTED, KEY_NOT_FOUND, KEY_DISABLED, KEY_NOT_BOUND,
 * BLOB_CHANGED, BLOB_HEADER_NOT_APART
 */
export async function rewrapStored(
  blob: StoredSealedBlob,
  input: RewrapStoredInput,
  { vault, blobs, clock, hsm }: RewrapStoredPorts,
): Promise<RewrappedBlob> {
  const { dataset, parsed, contractKey } = input;
  requireLoopback(parsed.contract);
  const seal = await readStoredSeal(dataset.blob, contractKey.publicKey, blobs);
  if (seal?.intact !== true || seal.statement.contract !== parsed.digest) {
    throw new CleanroomError(
      'SEAL_STATEMENT_REJECTED',
      `${blob.name} is not the blob that you stated for this contract; seal and upload it again`,
    );
  }
  const latest = await latestKey(vault, input);
  const attested = await attestVaultKey(vault, latest.key, hsm, clock);
  requireAttested(latest.key, attested, 'found');
  const key = recipientKeyOf(latest.publicKey, latest.key.id);
  const header = await readSealedHeader(blob);
  const replaced = await rewrapHeader(header, input.identity, [key, ...input.alsoTo]);
  const { contract, version, payload } = seal.statement;
  const after = await signSealStatement(
    {
      contract,
      dataset: dataset.id,
      version,
      key: key.keyId,
      header: digestOf(replaced.raw),
      payload,
      ...statedReleasePolicy(latest.key),
      iat: Math.floor(clock().getTime() / 1000),
    },
    signingKeyOf(contractKey),
  );
  await storeKeyAttestation(dataset.blob, latest.key, attested, blobs);
  await replaceWithStatement({ blob: dataset.blob, blobs }, { before: seal, after }, () =>
    blob.replaceHeader(header.raw, replaced.raw),
  );
  const preserved = await blobs.preserve(dataset.blob, { dataset: dataset.id, version });
  const size = blob.size - header.raw.length + replaced.raw.length;
  return { ...view(replaced, size), key: key.keyId, preserved };
}

/* Whoever may make a version of the key could make one of its own liking: it has to be one that `encrypt` would seal to. */
async function latestKey(
  vault: KeyVault,
  {
    dataset: {
      key: { name },
    },
    parsed,
    policyHash,
  }: RewrapStoredInput,
): Promise<{ readonly key: VaultKey; readonly publicKey: KeyObject }> {
  const key = await vault.get(name, null);
  if (key?.publicKey == null) throw new CleanroomError('KEY_NOT_FOUND', `${vault.host} has no key ${name}`);
  if (!key.enabled) throw new CleanroomError('KEY_DISABLED', `${key.id} is disabled`);
  const text = renderReleasePolicy(releasePolicyOf(parsed.contract, policyHash));
  const problems = keyProblems(key, { text, immutable: true });
  if (problems.length > 0) throw new CleanroomError('KEY_NOT_BOUND', `${key.id}: ${problems.join('; ')}`);
  return { key, publicKey: createPublicKey({ key: key.publicKey, format: 'jwk' }) };
}
