// `encrypt -f contract.yaml --dataset ID`: policy recomputed, key created, text sealed and uploaded.

import { join } from 'node:path';

import { CleanroomError } from '../../errors.js';
import { readTextBounded } from '../../files/read-bounded.js';
import type { Progress } from '../../progress.js';
import { requireConsent } from '../../workflows/consent-files.js';
import { openDatasetRecords } from '../../workflows/dataset-records.js';
import { encryptDataset, type EncryptResult } from '../../workflows/encrypt-dataset.js';
import { partyKeyPath, readPartyKey } from '../../workflows/init-party.js';
import { openPlainText } from '../../workflows/plain-text.js';
import { type Environment, readContract } from '../environment.js';
import { recomputeRoomPolicy } from '../room-policy.js';

export interface EncryptActionInput {
  readonly file: string;
  readonly contractPath: string;
  readonly dataset: string;
  /** CCE policy that the parties hold; compared byte for byte where given. */
  readonly policyPath: string | undefined;
  readonly imageFlags: readonly string[] | undefined;
  readonly contractKeyPath: string | undefined;
  readonly mutablePolicy: boolean;
  readonly cacheDirectory: string;
}

const MAX_POLICY_BYTES = 16 * 1024 * 1024;
/** Sealed files on their way, and the owner's records. */
const WORK_DIRECTORY = '.cleanroom';

/** @throws CleanroomError CONSENT_MISSING, POLICY_DRIFT, POLICY_UNSAFE, and as encryptDataset */
export async function runEncrypt(
  environment: Environment,
  input: EncryptActionInput,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<EncryptResult> {
  const { profile, directory } = environment;
  const parsed = await readContract(input.contractPath, directory);
  await requireConsent(input.contractPath, parsed);
  const contractKey = await readPartyKey(
    input.contractKeyPath ?? partyKeyPath(directory, profile.party, 'contract'),
  );
  const plain = await openPlainText({
    path: input.file,
    contractKey: contractKey.privateKey,
    workDirectory: join(directory, WORK_DIRECTORY),
  });
  const { policy } = await recomputeRoomPolicy({ parsed, environment, ...input, progress, signal });
  await requireAgreedPolicy(policy.text, input.policyPath);
  const connection = await environment.connect();
  const { openKeyVault } = await import('../../azure/key-vault.js');
  const { createBlobStore } = await import('../../azure/blob-store.js');
  const { createBlockUploader } = await import('../../azure/block-uploader.js');
  return encryptDataset(
    {
      parsed,
      dataset: input.dataset,
      policyHash: policy.hash,
      contractKey,
      plain,
      mutablePolicy: input.mutablePolicy,
    },
    {
      vault: (host) => openKeyVault(connection, host),
      blobs: createBlobStore(connection),
      upload: createBlockUploader(connection),
      records: openDatasetRecords(join(directory, WORK_DIRECTORY)),
      clock: () => new Date(),
    },
    { progress, signal },
  );
}

async function requireAgreedPolicy(recomputed: string, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  if ((await readTextBounded(path, MAX_POLICY_BYTES)) === recomputed) return;
  throw new CleanroomError(
    'POLICY_DRIFT',
    `${path} is not, byte for byte, the policy that contract and images make`,
  );
}
