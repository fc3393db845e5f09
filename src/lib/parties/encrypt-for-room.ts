// `encrypt -f contract.yaml --dataset ID`: what would be done, or the dataset sealed and uploaded.

import type { EncryptResult } from './encrypt-dataset.js';
import type { EncryptionPreview } from './plan-encryption.js';
import { unattestedWarning } from './key-attestation.js';
import type { Environment } from '../ports/environment.js';
import type { UseCaseContext } from '../ports/use-case.js';
import { readContract } from './environment.js';
import { ownDataset } from './own-dataset.js';
import { type EncryptActionInput, previewEncrypt, runEncrypt } from './encrypt-to-dataset.js';

export interface EncryptRequest extends Omit<
  EncryptActionInput,
  'cacheDirectory' | 'pullsImages' | 'log' | 'dataset'
> {
  /** The caller's only one if absent. */
  readonly dataset: string | undefined;
  /** Transparency log that the seal statement goes into. */
  readonly log: string | undefined;
  readonly previewOnly: boolean;
}

export type RoomEncryption =
  | { readonly kind: 'preview'; readonly result: EncryptionPreview }
  | { readonly kind: 'done'; readonly result: EncryptResult };

/** @throws CleanroomError as runEncrypt */
export async function encryptForRoom(
  request: EncryptRequest,
  context: UseCaseContext,
): Promise<RoomEncryption> {
  const { desk, cacheDirectory, pullsImages } = context;
  const environment = await desk.open();
  for (const hole of holesIn(request)) context.warn(hole);
  const log = request.log === undefined ? undefined : { location: request.log, desk };
  const dataset = request.dataset ?? (await onlyDataset(request.contractPath, environment));
  const input = { ...request, dataset, cacheDirectory, pullsImages, log };
  if (request.previewOnly)
    return { kind: 'preview', result: await previewEncrypt(environment, input, context) };
  const result = await runEncrypt(environment, input, context);
  const warning =
    result.outcome === 'unchanged' ? null : unattestedWarning(result.key, result.keyAttestation);
  if (warning !== null) context.warn(warning);
  return { kind: 'done', result };
}

async function onlyDataset(contractPath: string, { profile }: Environment): Promise<string> {
  const { contract } = await readContract(contractPath);
  return ownDataset(contract, profile.party, undefined).id;
}

/** What the owner gives away by its options, a sentence each. */
function holesIn({ mutableReason, key, alsoTo }: EncryptRequest): readonly string[] {
  const holes: string[] = [];
  if (mutableReason !== undefined)
    holes.push(
      'the release policy of the key can be changed: every identity that may change it can get the key',
    );
  if (key !== undefined)
    holes.push(
      'one key for several dataset versions: storage can put an older blob back, and the room opens it',
    );
  if (alsoTo !== undefined)
    holes.push('a holder of one of the further keys can open the dataset without attestation');
  return holes;
}
