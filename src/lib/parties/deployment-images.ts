// Images of a template or confcom input: archives by container name, or pulled by digest, and measured. A tag pins nothing: its image has to be given.

import { join } from 'node:path';

import type { Deployment } from '../cce-policy/generate/deployment.js';
import { CleanroomError } from '../base/errors.js';
import type { MeasuredImage } from '../cce-policy/measured-image.js';
import type { ImageArchive } from '../images/archive/image-archive.js';
import type { UseCaseContext } from '../ports/use-case.js';
import { archiveMissing } from './room-images.js';
import { imageMeter } from './image-source.js';

/**
 * Measures the image of every container of the deployment.
 *
 * @param flags - `NAME=ARCHIVE` each.
 * @throws CleanroomError USAGE, IMAGE_NAME_UNKNOWN, IMAGE_ARCHIVE_MISSING, and what pulling images and reading archives throws
 */
export async function measureDeployment(
  deployment: Deployment,
  flags: readonly string[],
  context: UseCaseContext,
): Promise<ReadonlyMap<string, MeasuredImage>> {
  const archives = archivesByName(deployment, flags);
  const images = new Map<string, MeasuredImage>();
  for (const { name, image } of deployment.containers) {
    context.signal.throwIfAborted();
    const path = archives.get(name);
    const archive = path === undefined ? await pulled(name, image, context) : await openArchive(path, image);
    if (archive === null) throw archiveMissing(name, image, 'was not given');
    context.progress.phase(`measuring image ${name}`);
    images.set(name, await measureArchive(archive, image, context.cacheDirectory));
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

/* By digest, or by the name that the archive gives the image, if it gives any. */
async function openArchive(path: string, reference: string): Promise<ImageArchive> {
  const { openImageArchive } = await import('../images/archive/image-archive.js');
  return openImageArchive(path, {
    reference: isByDigest(reference) ? reference.slice(reference.indexOf('@') + 1) : reference,
  });
}

async function pulled(
  container: string,
  reference: string,
  context: UseCaseContext,
): Promise<ImageArchive | null> {
  if (!context.pullsImages || !isByDigest(reference)) return null;
  const { parseImageReference } = await import('../images/registry/reference.js');
  const { pullImageByDigest } = await import('./pulled-images.js');
  const environment = await context.desk.openIfThere();
  return pullImageByDigest(container, parseImageReference(reference), { ...context, environment });
}

function isByDigest(reference: string): boolean {
  return reference.includes('@sha256:');
}

async function measureArchive(
  archive: ImageArchive,
  reference: string,
  cacheDirectory: string,
): Promise<MeasuredImage> {
  const { openLayerCache } = await import('../images/layer-cache.js');
  const { measureImage } = await import('../images/measure.js');
  try {
    const { readModelLayer } = await import('../images/model-layer.js');
    await readModelLayer(archive);
    if (isByDigest(reference)) return await imageMeter(cacheDirectory)(archive, reference, null);
    return await measureImage(archive, { reference, cache: openLayerCache(join(cacheDirectory, 'layers')) });
  } finally {
    await archive.close();
  }
}
