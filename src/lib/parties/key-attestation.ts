// What a Managed HSM attests of a key: fetched by the key's owner, checked before anything is sealed to it, and kept beside the
// sealed blob, so that the room can put it into its evidence.

import { createPublicKey } from 'node:crypto';

import type { HsmAnchors } from '../attestation/anchors.js';
import { nodeSignatureCrypto } from '../attestation/crypto/node-crypto.js';
import type { RawAttribute } from '../attestation/hsm/attested-key.js';
import {
  ATTESTATION_CHECKS,
  type AttestationCheckId,
  type AttestedKeyFindings,
  checkKeyAttestation,
  type CheckOutcome,
} from '../attestation/hsm/check-key-attestation.js';
import { utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { CleanroomError } from '../base/errors.js';
import { keyAttestationName, type VaultKeyAttestation } from '../contract/key-attestation-file.js';
import type { ContractBlob } from '../contract/schema.js';
import { findVaultFlavour } from '../contract/vault-flavour.js';
import { keyThumbprint } from '../keys/key-thumbprint.js';
import type { KeyVault, VaultKey } from '../ports/key-vault.js';
import type { BlobStore, Clock } from '../ports/ports.js';
import { ignoreRefusal } from './bound-key.js';

export interface AttestedVaultKey {
  /** As the vault gave it. */
  readonly attestation: VaultKeyAttestation;
  readonly judged: AttestedKeyFindings;
}

/** What an HSM attests of a key, for people and for JSON. */
export interface KeyAttestationView {
  /** Of the form. */
  readonly version: string;
  readonly checks: readonly ({ readonly id: AttestationCheckId } & CheckOutcome)[];
  /** What was signed of the private half, raw: names as published, values in hex. */
  readonly attributes: readonly RawAttribute[];
}

/**
 * Fetches and checks; null where there is nothing to check: in Key Vault, in a Managed HSM without this call, and for a
 * symmetric key, which has no public half to compare and which nothing is sealed to. Judged at the time at which it came: an HSM may
 * make its certificates when it is asked.
 */
export async function attestVaultKey(
  vault: KeyVault,
  key: VaultKey,
  anchors: HsmAnchors,
  clock: Clock,
): Promise<AttestedVaultKey | null> {
  if (key.publicKey === null || findVaultFlavour(vault.host)?.service !== 'Managed HSM') return null;
  const attestation = await vault.attestation(key);
  if (attestation === null) return null;
  const thumbprint = keyThumbprint(createPublicKey({ key: key.publicKey, format: 'jwk' }));
  const request = { key: key.id, thumbprint, attestation, at: clock() };
  return { attestation, judged: await checkKeyAttestation(request, anchors, nodeSignatureCrypto) };
}

/**
 * Refuses a key whose attestation says otherwise than the vault: another key or public half, nobody's signature, or a key that
 * was to be made in the HSM and was not.
 *
 * @throws CleanroomError KEY_NOT_AS_ASKED
 */
export function requireAttested(
  key: VaultKey,
  attested: AttestedVaultKey | null,
  origin: 'made' | 'found',
): void {
  if (attested === null) return;
  const { findings, attributes } = attested.judged;
  const failed = ATTESTATION_CHECKS.map((id) => findings[id]).find(({ status }) => status === 'fail');
  if (failed !== undefined) throw notAsAsked(key, failed.text);
  const local = attributes.find(({ name }) => name === 'OBJ_ATTR_LOCAL')?.value;
  if (origin === 'made' && local === '00')
    throw notAsAsked(key, 'it was imported instead of being created in the HSM');
}

/** As requireAttested for a key that was just made; one that is refused is disabled, as nothing is sealed to it. */
export async function requireAttestedNew(
  vault: KeyVault,
  key: VaultKey,
  attested: AttestedVaultKey | null,
  origin: 'made' | 'found',
): Promise<void> {
  try {
    requireAttested(key, attested, origin);
  } catch (cause) {
    await vault.setEnabled(key.name, key.version, 'disabled').catch(ignoreRefusal);
    throw cause;
  }
}

function notAsAsked({ id }: VaultKey, why: string): CleanroomError {
  return new CleanroomError('KEY_NOT_AS_ASKED', `${id}: the attestation of its HSM is invalid: ${why}`);
}

export function viewAttestation(attested: AttestedVaultKey | null): KeyAttestationView | null {
  if (attested === null) return null;
  const { findings, attributes } = attested.judged;
  return {
    version: attested.attestation.version,
    checks: ATTESTATION_CHECKS.map((id) => ({ id, ...findings[id] })),
    attributes,
  };
}

/**
 * What to say where a Managed HSM attests nothing of a key that has a public half: an older service answers the call with 400.
 *
 * @returns null where there is an attestation, and for keys of other vaults, which have none
 */
export function unattestedWarning(keyUrl: string, view: KeyAttestationView | null): string | null {
  const host = new URL(keyUrl).host;
  return view === null && findVaultFlavour(host)?.service === 'Managed HSM'
    ? `${host} does not attest the key: nothing shows that it was made in the HSM without a copy, and KEYS reports that (KEY_HARDWARE)`
    : null;
}

/** Keeps it beside the sealed blob; what is there of another key is replaced. */
export async function storeKeyAttestation(
  blob: ContractBlob,
  key: VaultKey,
  attested: AttestedVaultKey | null,
  blobs: BlobStore,
): Promise<void> {
  if (attested === null) return;
  const file = canonicalJson({ v: 1, key: key.id, keyAttestation: { ...attested.attestation } });
  await blobs.write({ ...blob, name: keyAttestationName(blob.name) }, utf8(file), 'replace');
}
