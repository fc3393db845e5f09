// `blob rewrap`: on disk, and in storage.

import { findDataset } from '../contract/find-dataset.js';
import type { Progress } from '../base/progress.js';
import { readIdentityKey } from '../keys/recipient-key.js';
import { agreedPolicy } from './agreed-policy.js';
import { requirePartyKey } from './consent-files.js';
import { type RewrappedBlob, rewrapStored } from './rewrap-stored.js';
import { rewrapSealedFile, type SealedFileView } from './sealed-file.js';
import { openSealedPath } from './sealed-location.js';
import type { Desk } from '../ports/environment.js';
import { readContract } from './environment.js';
import { openOwnerKey } from './contract-key.js';
import { readRecipientKeys } from './recipient-keys.js';
import { openStoredTarget } from './sealed-target.js';
import { readSecret } from './secret-input.js';
import { contractAnchors } from './verify-room-evidence.js';

interface RewrapKeys {
  /** Where the private key is: FILE, env:NAME, fd:N. */
  readonly identity: string;
  /** Files of public keys. */
  readonly to: readonly string[];
}

export interface RewrapOnDisk extends RewrapKeys {
  readonly path: string;
  readonly output: string;
  readonly signal: AbortSignal;
}

/** @throws CleanroomError JWK_INVALID, as rewrapSealedFile */
export async function rewrapOnDisk(input: RewrapOnDisk): Promise<SealedFileView> {
  const { identity, recipients } = await readKeys(input);
  const location = await openSealedPath(input.path);
  try {
    return await rewrapSealedFile(location, { ...input, identity, recipients });
  } finally {
    await location.close();
  }
}

export interface RewrapInStorage extends RewrapKeys {
  readonly contractPath: string;
  readonly dataset: string;
  readonly sas: string | undefined;
  readonly contractKeyPath: string | undefined;
  /** `--image` as given. */
  readonly imageFlags: readonly string[] | undefined;
  /** `--trust-program`: `sha256:…` each. */
  readonly trusted: readonly string[];
  readonly cacheDirectory: string;
  readonly pullsImages: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** @throws CleanroomError PARTY_KEY_MISMATCH, JWK_INVALID, as agreedPolicy and rewrapStored */
export async function rewrapInStorage(desk: Desk, input: RewrapInStorage): Promise<RewrappedBlob> {
  const parsed = await readContract(input.contractPath);
  const dataset = findDataset(parsed.contract, input.dataset);
  const { identity, recipients } = await readKeys(input);
  const { location, environment, grant } = await openStoredTarget(desk, dataset.blob, input);
  const contractKey = await openOwnerKey(environment, dataset, input.contractKeyPath);
  requirePartyKey(parsed, dataset.owner, contractKey);
  const { policy } = await agreedPolicy({ ...input, parsed, environment }, input);
  return rewrapStored(
    location,
    { parsed, dataset, contractKey, policyHash: policy.hash, identity, alsoTo: recipients },
    {
      vault: await environment.services.keyVault(dataset.key.vault),
      blobs: await environment.services.blobs(grant),
      clock: () => new Date(),
      hsm: (await contractAnchors(parsed, environment.profile)).hsm,
    },
  );
}

async function readKeys({ identity, to }: RewrapKeys) {
  const recipients = await readRecipientKeys(to);
  return { identity: readIdentityKey(await readSecret(identity)), recipients };
}
