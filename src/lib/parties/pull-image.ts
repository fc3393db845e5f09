// An image on its way from a registry into an archive.

import { rm } from 'node:fs/promises';

import { openImageArchive } from '../images/archive/image-archive.js';
import { parsePlatform } from '../images/archive/platform.js';
import { readModelLayer } from '../images/model-layer.js';
import { parseImageReference } from '../images/registry/reference.js';
import { openRegistryImage, saveImage } from '../images/registry/registry-image.js';
import type { Environment } from '../ports/environment.js';
import type { UseCaseContext } from '../ports/use-case.js';
import { openRegistry } from './registry.js';

export interface PullRequest {
  /** REGISTRY/REPOSITORY:TAG, or by digest. */
  readonly reference: string;
  /** OS/ARCH. */
  readonly platform: string;
  /** Archive to write. */
  readonly out: string;
}

export interface PullResult {
  readonly path: string;
  /** `sha256:…` of the image's manifest. */
  readonly manifestDigest: string;
  /** The reference that pins what was pulled. */
  readonly reference: string;
}

/** @throws CleanroomError REGISTRY_…, IMAGE_…, FILE_…; IMAGE_MODEL_LAYER leaves no archive */
export async function pullImage(
  { platform, out, ...request }: PullRequest,
  environment: Environment | null,
  { progress, warn }: Pick<UseCaseContext, 'progress' | 'warn'>,
): Promise<PullResult> {
  const reference = parseImageReference(request.reference);
  const client = await openRegistry(reference, environment);
  progress.phase(`Fetching from ${reference.registry}`);
  const image = await openRegistryImage(client, reference, parsePlatform(platform));
  for (const remark of image.remarks) warn(remark);
  await saveImage(image, reference, out);
  await requireConfinedModel(out, platform);
  const manifestDigest = image.manifestDigest ?? '';
  return {
    path: out,
    manifestDigest,
    reference: `${reference.registry}/${reference.repository}@${manifestDigest}`,
  };
}

/* Read where it is on disk: fetched once, it may be large. */
async function requireConfinedModel(path: string, platform: string): Promise<void> {
  const archive = await openImageArchive(path, { platform: parsePlatform(platform) });
  try {
    await readModelLayer(archive);
  } catch (cause) {
    await rm(path, { force: true });
    throw cause;
  } finally {
    await archive.close();
  }
}
