// The CCE policy of a contract, recomputed on this machine: contract, trust files and images, nothing taken on trust.

import type { GeneratedPolicy } from '../cce-policy/text/render-policy.js';
import type { TextProfileName } from '../cce-policy/text/text-profile.js';
import type { ParsedContract } from '../contract/check.js';
import type { Progress } from '../base/progress.js';
import { measureRoomImages, type RoomImageReader } from './room-images.js';
import { contractTlsRoots } from './emulated-trust.js';
import type { Environment } from '../ports/environment.js';
import { contractPuller } from './pulled-images.js';
import { imageMeter, imageSource, type MeasuredImages, parseImageFlags } from './image-source.js';

export interface RoomPolicyInput {
  readonly parsed: ParsedContract;
  readonly environment: Environment | null;
  /** `--image` as given. */
  readonly imageFlags: readonly string[] | undefined;
  readonly cacheDirectory: string;
  /** Whether images by digest may be fetched from the contract's own registries; not if absent. */
  readonly pullsImages?: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Whether something is about to be signed over it: the summarizer's image must then be one that can start. */
  readonly toSign?: boolean;
  /** How the text is written; the default profile, compact, if absent. Another form has another hash. */
  readonly form?: { readonly profile: TextProfileName; readonly layout: 'compact' | 'pretty' };
}

export interface RoomPolicy {
  readonly policy: GeneratedPolicy;
  readonly images: MeasuredImages;
  readonly tlsRoots: string | null;
}

/**
 * @throws CleanroomError IMAGE_ARCHIVE_MISSING, IMAGE_MISMATCH, TRUST_MISMATCH, what pulling and reading images throws, and as checkStart
 *   where something is about to be signed
 */
export async function recomputeRoomPolicy(input: RoomPolicyInput): Promise<RoomPolicy> {
  const { parsed, environment, cacheDirectory } = input;
  const tlsRoots = await contractTlsRoots(parsed.contract, environment?.profile ?? null);
  const archives = parseImageFlags(input.imageFlags, parsed.contract);
  const images = await measureRoomImages(
    parsed.contract,
    {
      source: imageSource(
        archives,
        environment,
        input.pullsImages === true ? contractPuller(parsed.contract, input) : null,
      ),
      meter: imageMeter(cacheDirectory),
      ...(input.toSign === true ? { check: startCheck(parsed) } : {}),
    },
    input,
  );
  const { generateContractPolicy } = await import('../cce-policy/generate/contract-policy.js');
  return { policy: generateContractPolicy({ parsed, tlsRoots, images, ...input.form }), images, tlsRoots };
}

function startCheck({ contract }: ParsedContract): NonNullable<RoomImageReader['check']> {
  return async (image) => {
    const { checkStart } = await import('../images/check-start.js');
    await checkStart(image, { unpacksModel: 'dataset' in contract.model });
  };
}
