// Party II's whole step: a key that only the room can have, the text sealed to it, and all of it in storage.

import { createPublicKey, type KeyObject } from 'node:crypto';

import { signingKeyOf } from '../keys/contract-signer.js';

import { CleanroomError } from '../base/errors.js';
import { recipientKeyOf } from '../keys/recipient-key.js';
import { signSealStatement } from '../sealed-blob/statement/sign-seal-statement.js';
import { makeBoundKey, statedReleasePolicy } from './bound-key.js';
import {
  type AttestedVaultKey,
  attestVaultKey,
  type KeyAttestationView,
  requireAttested,
  requireAttestedNew,
  storeKeyAttestation,
  viewAttestation,
} from './key-attestation.js';
import { replaceWithStatement, storeContract } from './dataset-storage.js';
import { retire, retireOthers, retireUnused } from './retire-key-versions.js';
import { keyTags, REUSED_TAG, VERSION_TAG } from './dataset-keys.js';
import type { ContractDataset } from '../contract/schema.js';
import type { KeyVault, NewKey, VaultKey } from '../ports/key-vault.js';
import type { Running } from '../ports/sealed-upload.js';
import type { EncryptInput, EncryptPorts } from './encryption-input.js';
import { type EncryptionPlan, planEncryption } from './plan-encryption.js';

export interface EncryptResult {
  readonly outcome: EncryptionPlan['outcome'];
  readonly dataset: string;
  readonly version: string;
  /** Key URL with version. */
  readonly key: string;
  /** What the HSM attests of it; null where it attests nothing, or nothing was sealed. */
  readonly keyAttestation: KeyAttestationView | null;
  readonly blob: string;
  /** What cannot be overwritten: version or snapshot of the blob; null where the run found it there already. */
  readonly preserved: string | null;
  readonly policyHash: string;
  /** Earlier key versions that were disabled. */
  readonly disabledKeys: readonly string[];
}

/**
 * Makes the key, seals, uploads, states. Nothing is replaced before its successor is complete; the same text under the
 * same policy again changes nothing. A run that was broken off is gone on with by the next one.
 *
 * @throws CleanroomError as planEncryption, KEY_REVOKED, CONTRACT_USED_UP, and the vault's and storage's own
 */
export async function encryptDataset(
  input: EncryptInput,
  ports: EncryptPorts,
  running: Running,
): Promise<EncryptResult> {
  running.progress.phase('checking what is stored');
  const plan = await planEncryption(input, ports);
  const vault = await ports.vault(plan.dataset.key.vault);
  const place = { vault, dataset: plan.dataset, owner: input.contractKey.publicKey, blobs: ports.blobs };
  const stored = plan.seal?.statement;
  if (plan.outcome === 'unchanged' && stored !== undefined) {
    await storeContract(plan.dataset, input.parsed, ports.blobs);
    const disabledKeys = await retire(plan.key.disables, place);
    return resultOf(plan, input, {
      key: stored.key,
      keyAttestation: null,
      preserved: null,
      disabledKeys,
    });
  }
  if (plan.key.revoked) await requireReopened(plan.dataset, input, running);
  const key = await keyOf(vault, plan, input, running);
  const attested = await attestKey({ plan, key, vault }, input, ports, running);
  const preserved = await sealAndUpload({ plan, key, attested }, input, ports, running).catch(
    async (cause: unknown) => {
      if (wasTooLate(cause) && plan.key.step !== 'given') await retireUnused(key.id, place);
      throw cause;
    },
  );
  running.progress.phase('disabling earlier versions of the key');
  const disabledKeys = plan.key.step === 'given' ? [] : await retireOthers(key.id, place);
  const keyAttestation = viewAttestation(attested);
  return resultOf(plan, input, { key: key.id, keyAttestation, preserved, disabledKeys });
}

/* A revocation is not undone in passing: rooms of the contract could read the text again. */
async function requireReopened(
  { key }: ContractDataset,
  { reopens }: EncryptInput,
  { progress }: Running,
): Promise<void> {
  progress.done();
  if (await reopens(key)) return;
  throw new CleanroomError('KEY_REVOKED', `the key ${key.name} stays revoked; nothing was sealed`);
}

interface Planned {
  readonly plan: EncryptionPlan;
  readonly key: VaultKey;
  readonly attested: AttestedVaultKey | null;
}

/* Before anything is sealed: a vault that gives another key than its HSM made would read the text. */
async function attestKey(
  { plan, key, vault }: Pick<Planned, 'plan' | 'key'> & { readonly vault: KeyVault },
  { hsm }: EncryptInput,
  { clock }: EncryptPorts,
  { progress }: Running,
): Promise<AttestedVaultKey | null> {
  progress.phase('asking the HSM for the attestation of the key');
  const attested = await attestVaultKey(vault, key, hsm, clock);
  if (plan.key.step === 'create' || plan.key.step === 'new-version')
    await requireAttestedNew(vault, key, attested, 'made');
  else requireAttested(key, attested, 'found');
  return attested;
}

async function sealAndUpload(
  { plan, key, attested }: Planned,
  input: EncryptInput,
  ports: EncryptPorts,
  running: Running,
): Promise<string> {
  const { progress, signal } = running;
  const { dataset, version, seal, etag } = plan;
  progress.phase('sealing');
  const labels = { contract: input.parsed.digest, dataset: dataset.id, version };
  const recipients = [recipientKeyOf(publicKeyOf(key), key.id), ...input.alsoTo];
  const sealed = await tellOfKey({ plan, key }, () => input.plain.seal(recipients, labels, signal));
  signal.throwIfAborted();
  const { fingerprint } = sealed;
  await ports.records.write(dataset.id, { version, fingerprint, policyHash: input.policyHash, key: key.id });
  progress.phase('uploading');
  await ports.blobs.ensureContainer(dataset.blob);
  await storeKeyAttestation(dataset.blob, key, attested, ports.blobs);
  const after = await signSealStatement(
    {
      ...labels,
      key: key.id,
      header: sealed.header,
      payload: sealed.payload,
      ...statedReleasePolicy(key),
      iat: Math.floor(ports.clock().getTime() / 1000),
    },
    signingKeyOf(input.contractKey),
  );
  await replaceWithStatement({ blob: dataset.blob, blobs: ports.blobs }, { before: seal, after }, () =>
    ports.upload(
      sealed,
      { blob: dataset.blob, over: seal === null && etag !== null ? 'nothing' : { etag } },
      running,
    ),
  ).catch(async (cause: unknown) => {
    if (wasTooLate(cause)) await input.plain.discard(sealed);
    throw cause;
  });
  const preserved = await ports.blobs.preserve(dataset.blob, { dataset: dataset.id, version });
  await storeContract(dataset, input.parsed, ports.blobs);
  await input.plain.discard(sealed);
  return preserved;
}

/* A pipe is looked at only while it is sealed, when its key is made already: whose text is refused is told of the key. */
async function tellOfKey<T>(
  { plan, key }: Pick<Planned, 'plan' | 'key'>,
  seal: () => Promise<T>,
): Promise<T> {
  try {
    return await seal();
  } catch (cause) {
    const made = plan.key.step === 'create' || plan.key.step === 'new-version';
    if (!made || !(cause instanceof CleanroomError) || cause.code === 'INTERRUPTED') throw cause;
    const kept = `The key version ${key.id}, made for it, is kept; run the same command again to seal to it.`;
    throw new CleanroomError(cause.code, cause.message, { hint: `${cause.hint} ${kept}`, cause });
  }
}

function resultOf(
  { outcome, dataset, version, blob }: EncryptionPlan,
  { policyHash }: EncryptInput,
  done: Pick<EncryptResult, 'key' | 'keyAttestation' | 'preserved' | 'disabledKeys'>,
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
    const tag = key.step === 'given' ? { [REUSED_TAG]: 'true' } : { [VERSION_TAG]: version };
    await vault.tag(key.version, { ...key.version.tags, ...tag });
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
    tags: { ...keyTags(dataset.id, parsed.digest, mutableReason), [VERSION_TAG]: version },
  };
  return makeBoundKey(vault, asked, null);
}

function publicKeyOf(key: VaultKey): KeyObject {
  if (key.publicKey === null)
    throw new CleanroomError('JWK_INVALID', `the key ${key.id} has no public half to seal to`);
  return createPublicKey({ key: key.publicKey, format: 'jwk' });
}

/** Whether another run was faster: what this one made will never be read. */
function wasTooLate(cause: unknown): boolean {
  return cause instanceof CleanroomError && cause.code === 'BLOB_CHANGED';
}
