// The port to a vault: what keys are, and what is asked of Managed HSM or Key Vault Premium.

import type { JsonWebKey } from 'node:crypto';

import type { VaultKeyAttestation } from '../contract/key-attestation-file.js';
import type { VaultKeyKind } from '../contract/vault-flavour.js';

export type VaultCurve = 'P-256' | 'P-384' | 'P-521';

/** One version of a key, as the vault tells it; never private material. */
export interface VaultKey {
  /** URL with version. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** As the vault says: `RSA-HSM`, `RSA`, … */
  readonly kty: string;
  /** Null for a symmetric key. */
  readonly publicKey: JsonWebKey | null;
  readonly operations: readonly string[];
  readonly enabled: boolean;
  readonly exportable: boolean;
  readonly releasePolicy: VaultReleasePolicy | null;
  readonly createdAt: Date | null;
  readonly tags: Readonly<Record<string, string>>;
}

export interface VaultReleasePolicy {
  /** JSON text, decoded. */
  readonly text: string;
  readonly immutable: boolean;
}

export interface VaultKeyVersion {
  readonly id: string;
  readonly version: string;
  readonly enabled: boolean;
  readonly createdAt: Date | null;
}

export interface NewKey {
  readonly name: string;
  readonly kind: VaultKeyKind;
  /** Bits, of RSA and oct. */
  readonly size?: number;
  /** Of EC. */
  readonly curve?: VaultCurve;
  readonly operations: readonly string[];
  readonly releasePolicy: VaultReleasePolicy;
  readonly tags: Readonly<Record<string, string>>;
}

/** Calls throw CleanroomError with a code of their own for each way the vault can refuse (key-vault-error.ts). */
export interface KeyVault {
  /** Host, with port where it is not 443. */
  readonly host: string;
  /** Makes a key, or a new version of the one of that name, inside the HSM; exportable. */
  create(key: NewKey): Promise<VaultKey>;
  /** Brings in private key material; the vault then does not hold the only copy. */
  importKey(key: NewKey, material: JsonWebKey): Promise<VaultKey>;
  /** The version, or the latest one; null if there is none of that name. */
  get(name: string, version: string | null): Promise<VaultKey | null>;
  /** What the HSM attests of a version, as the vault gives it; null where it has no such call. */
  attestation(key: Pick<VaultKey, 'name' | 'version'>): Promise<VaultKeyAttestation | null>;
  /** Newest first; empty if there is none of that name. */
  versions(name: string): Promise<readonly VaultKeyVersion[]>;
  /** Replaces the tags of a version. */
  tag(key: Pick<VaultKey, 'name' | 'version'>, tags: Readonly<Record<string, string>>): Promise<void>;
  setEnabled(name: string, version: string, state: 'enabled' | 'disabled'): Promise<void>;
  /** Makes a key pair on P-256 that signs and verifies; not exportable. */
  createSigningKey(name: string): Promise<VaultKey>;
  /** The ES256 signature (r and s) over a SHA-256 digest. */
  signEs256(key: Pick<VaultKey, 'name' | 'version'>, digest: Uint8Array): Promise<Uint8Array>;
  /** Asks for release with an attestation token; the signed answer. */
  release(name: string, version: string, token: string): Promise<string>;
}
