// The images of a room, measured: from archives that were given, or from wherever the source finds them.

import type { Contract } from '../contract/schema.js';
import type { MeasuredImage } from '../images/measured-image.js';
import { CleanroomError } from '../errors.js';
import type { Progress } from '../progress.js';

/** Finds the archive of a container's image; null where it has none. */
export type ImageSource = (
  container: string,
  reference: string,
  signal: AbortSignal,
) => Promise<string | null>;

/** Measures the archive at `path`, which must be the image of that reference. */
export type ImageMeter = (path: string, reference: string, signal: AbortSignal) => Promise<MeasuredImage>;

/**
 * Measures every image that the contract names, in order.
 *
 * @throws CleanroomError IMAGE_ARCHIVE_MISSING where an image is not at hand: nothing is ever taken on trust.
 */
export async function measureRoomImages(
  contract: Contract,
  { source, meter }: { readonly source: ImageSource; readonly meter: ImageMeter },
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, MeasuredImage>> {
  const measured = new Map<string, MeasuredImage>();
  for (const { name, image } of contract.room.containers) {
    progress.phase(`measuring image ${name}`);
    const path = await source(name, image, signal);
    if (path === null) {
      throw new CleanroomError(
        'IMAGE_ARCHIVE_MISSING',
        `the archive of the image of container ${name} (${image}) is not at hand`,
        {
          hint: `Fetch it: skopeo copy docker://${image} oci-archive:${name}.oci.tar   then add: --image ${name}=${name}.oci.tar`,
        },
      );
    }
    measured.set(name, await meter(path, image, signal));
  }
  return measured;
}
