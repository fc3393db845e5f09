// `encrypt -f contract.yaml --dataset ID`: what would be done, or the dataset sealed and uploaded.

import type { EncryptResult } from '../../parties/encrypt-dataset.js';
import type { EncryptionPreview } from '../../parties/plan-encryption.js';
import type { ActionContext } from '../action-context.js';
import type { Outcome } from '../base-command.js';
import { openEnvironment } from '../environment.js';
import { renderEncrypted, renderPreview } from '../render-encrypted.js';
import { type EncryptActionInput, previewEncrypt, runEncrypt } from './encrypt.js';

export interface EncryptRequest extends Omit<EncryptActionInput, 'cacheDirectory' | 'log'> {
  /** Transparency log that the seal statement goes into. */
  readonly log: string | undefined;
  readonly previewOnly: boolean;
}

/** @throws CleanroomError as runEncrypt */
export async function encryptForRoom(
  request: EncryptRequest,
  context: ActionContext,
): Promise<Outcome<EncryptResult | EncryptionPreview>> {
  const { search, cacheDirectory } = context;
  const environment = await openEnvironment(search);
  for (const hole of holesIn(request)) context.warn(hole);
  const log = request.log === undefined ? undefined : { location: request.log, search };
  const input = { ...request, cacheDirectory, log };
  if (request.previewOnly) {
    const result = await previewEncrypt(environment, input, context);
    return { result, text: renderPreview(result) };
  }
  const result = await runEncrypt(environment, input, context);
  return { result, text: renderEncrypted(result) };
}

/** What the owner gives away by its options, a sentence each. */
function holesIn({ mutableReason, key, alsoTo }: EncryptRequest): readonly string[] {
  const holes: string[] = [];
  if (mutableReason !== undefined)
    holes.push('the release policy of the key can be changed: whoever may do that can have the key');
  if (key !== undefined)
    holes.push(
      'one key for several dataset versions: storage can put an older blob back, and the room opens it',
    );
  if (alsoTo !== undefined)
    holes.push('whoever holds one of the further keys opens the dataset without any attestation');
  return holes;
}
