// Images of a template or confcom input: archives by container name, measured; a reference by tag is taken as it is.

import { join } from 'node:path';

import type { Deployment } from '../cce-policy/generate/deployment.js';
import { CleanroomError } from '../base/errors.js';
import type { MeasuredImage } from '../cce-policy/measured-image.js';
import type { Progress } from '../base/progress.js';
import { archiveMissing } from './room-images.js';
import { imageMeter } from './image-source.js';

/**
 * Measures the image of every container of the deployment.
 *
 * @param flags - `NAME=ARCHIVE` each.
 * @throws CleanroomError USAGE, IMAGE_NAME_UNKNOWN, IMAGE_ARCHIVE_MISSING, and what reading archives throws
 */
export async function measureDeployment(
  deployment: Deployment,
  flags: readonly string[],
  cacheDirectory: string,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, MeasuredImage>> {
  const archives = archivesByName(deployment, flags);
  const images = new Map<string, MeasuredImage>();
  for (const { name, image } of deployment.containers) {
    const path = archives.get(name);
    if (path === undefined) {
      throw archiveMissing(name, image, 'was not given');
    }
    progress.phase(`measuring image ${name}`);
    signal.throwIfAborted();
    const measured = await measureArchive(path, image, cacheDirectory);
    images.set(name, measured);
  }
  return images;
}

function archivesByName(deployment: Deployment, flags: readonly string[]): ReadonlyMap<string, string> {
  const archives = new Map<string, string>();
  for (const flag of flags) {
    const at = flag.indexOf('=');
    const name = flag.slice(0, Math.max(at, 0));
    if (at < 1 || at === flag.length - 1) {
      throw new CleanroomError('USAGE', `--image ${flag} is not of the form NAME=ARCHIVE`);
    }
    if (!deployment.containers.some((container) => container.name === name)) {
      const known = deployment.containers.map((container) => container.name).join(', ');
      throw new CleanroomError('IMAGE_NAME_UNKNOWN', `there is no container ${name}; there are: ${known}`);
    }
    archives.set(name, flag.slice(at + 1));
  }
  return archives;
}

/** Measures the image of that reference: by digest, or by the name that the archive gives it, if it gives any. */
async function measureArchive(
  path: string,
  reference: string,
  cacheDirectory: string,
): Promise<MeasuredImage> {
  const { openImageArchive } = await import('../images/archive/image-archive.js');
  const { openLayerCache } = await import('../images/layer-cache.js');
  const { measureImage } = await import('../images/measure.js');
  const byDigest = reference.includes('@sha256:');
  const archive = await openImageArchive(path, {
    reference: byDigest ? reference.slice(reference.indexOf('@') + 1) : reference,
  });
  try {
    const { readModelLayer } = await import('../images/model-layer.js');
    await readModelLayer(archive);
    if (byDigest) return await imageMeter(cacheDirectory)(archive, reference, null);
    return await measureImage(archive, { reference, cache: openLayerCache(join(cacheDirectory, 'layers')) });
  } finally {
    await archive.close();
  }
}
