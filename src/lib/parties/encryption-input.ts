// What `encrypt` is given: the text, the keys, the contract, and the outside.

import type { HsmAnchors } from '../attestation/anchors.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import type { ContractDataset } from '../contract/schema.js';
import type { ContractSigner } from '../keys/contract-signer.js';
import type { KeyVault } from '../ports/key-vault.js';
import type { BlobStore, Clock } from '../ports/ports.js';
import type { SealedFile, SealedUpload } from '../ports/sealed-upload.js';
import type { RecipientKey } from '../keys/recipient-key.js';

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

export interface EncryptPorts {
  readonly vault: (host: string) => Promise<KeyVault>;
  readonly blobs: BlobStore;
  readonly upload: SealedUpload;
  readonly records: DatasetRecords;
  readonly clock: Clock;
}

export interface EncryptInput {
  readonly parsed: ParsedContract;
  readonly dataset: string;
  readonly policyHash: Sha256Hex;
  readonly contractKey: ContractSigner;
  readonly plain: PlainDataset;
  /** By whom attestations of keys are judged. */
  readonly hsm: HsmAnchors;
  /** Why the release policy may be changed later; null: it is immutable. */
  readonly mutableReason: string | null;
  /** Key version to seal to instead of a new one, as URL. */
  readonly givenKey: string | null;
  /** Further keys that open the blob, such as the owner's own for `blob rewrap`. */
  readonly alsoTo: readonly RecipientKey[];
  readonly reopens: Reopens;
}

/** Asks the owner whether a text whose key was revoked shall be readable again by rooms of the contract. */
export type Reopens = (key: ContractDataset['key']) => Promise<boolean>;
