// The images of a room, measured: from archives that were given, or from wherever the source finds them.

import type { Contract } from '../contract/schema.js';
import type { ImageArchive } from '../images/archive/image-archive.js';
import type { MeasuredImage } from '../cce-policy/measured-image.js';
import { CleanroomError } from '../base/errors.js';
import type { Progress } from '../base/progress.js';

/** Opens the image of a container, wherever it is; null where it has none. */
export type ImageSource = (container: string, reference: string) => Promise<ImageArchive | null>;

/** Measures an image, which must be the one of that reference; its lowest layer must be the model of that digest, if one is named. */
export type ImageMeter = (
  image: ImageArchive,
  reference: string,
  model: string | null,
) => Promise<MeasuredImage>;

export interface RoomImageReader {
  readonly source: ImageSource;
  readonly meter: ImageMeter;
  /** Looks at the summarizer's image before it is measured. */
  readonly check?: (image: ImageArchive) => Promise<void>;
}

/**
 * Measures every image that the contract names, in order.
 *
 * @throws CleanroomError IMAGE_ARCHIVE_MISSING where an image is not at hand: nothing is ever taken on trust.
 */
export async function measureRoomImages(
  contract: Contract,
  { source, meter, check }: RoomImageReader,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, MeasuredImage>> {
  const measured = new Map<string, MeasuredImage>();
  for (const { name, image } of contract.room.containers) {
    signal.throwIfAborted();
    const archive = await source(name, image);
    if (archive === null) {
      throw archiveMissing(name, image, 'was not given');
    }
    progress.phase(`measuring image ${name}`);
    try {
      if (name === 'summarizer') await check?.(archive);
      measured.set(name, await meter(archive, image, name === 'summarizer' ? bakedModel(contract) : null));
    } finally {
      await archive.close();
    }
  }
  return measured;
}

/* The digest of the model that the contract says is in the image's lowest layer. */
function bakedModel({ model }: Contract): string | null {
  return 'layer' in model ? model.digest : null;
}

/** The error for an image without an archive, with the command that fetches it. */
export function archiveMissing(container: string, image: string, problem: string): CleanroomError {
  return new CleanroomError(
    'IMAGE_ARCHIVE_MISSING',
    `the archive of the image of container ${container} (${image}) ${problem}`,
    { hint: fetchByHand(container, image) },
  );
}

/** How a person fetches an image, and gives it to the command. */
export function fetchByHand(container: string, image: string): string {
  const file = `${container}.oci.tar`;
  return `Fetch it: cleanroom image pull ${image} --out ${file}   (or: skopeo copy docker://${image} oci-archive:${file})   then add: --image ${container}=${file}`;
}
