// Where a command finds image archives: given with --image, in a registry that the profile maps, else pulled by digest.

import { join } from 'node:path';

import { CleanroomError } from '../base/errors.js';
import type { Contract } from '../contract/schema.js';
import type { ImageArchive } from '../images/archive/image-archive.js';
import type { MeasuredImage } from '../cce-policy/measured-image.js';
import type { ImagePuller } from './pulled-images.js';
import type { ImageMeter, ImageSource } from './room-images.js';
import type { Environment } from '../ports/environment.js';

/**
 * Archives by container name, from `--image NAME=ARCHIVE`.
 *
 * @throws CleanroomError USAGE for another form or a name given twice; IMAGE_NAME_UNKNOWN for a container that the contract lacks
 */
export function parseImageFlags(
  flags: readonly string[] | undefined,
  contract: Contract,
): ReadonlyMap<string, string> {
  const archives = new Map<string, string>();
  for (const flag of flags ?? []) {
    const [name, path] = splitOnce(flag);
    if (name === '' || path === '')
      throw new CleanroomError('USAGE', `--image ${flag} is not of the form NAME=ARCHIVE`);
    if (archives.has(name)) throw new CleanroomError('USAGE', `--image ${name} is given twice`);
    if (!contract.room.containers.some((container) => container.name === name)) {
      const known = contract.room.containers.map((container) => container.name).join(', ');
      throw new CleanroomError(
        'IMAGE_NAME_UNKNOWN',
        `the contract has no container ${name}; it has: ${known}`,
      );
    }
    archives.set(name, path);
  }
  return archives;
}

/**
 * Looks among the archives that were given, then in the registries that the profile maps to an address of their own
 * (the local Azure's), then asks `pull`.
 *
 * @param pull - null: nothing is fetched from a registry that the profile does not map.
 */
export function imageSource(
  archives: ReadonlyMap<string, string>,
  environment: Environment | null,
  pull: ImagePuller | null,
): ImageSource {
  return async (container, reference) => {
    const path = archives.get(container);
    if (path !== undefined) {
      const { openImageArchive } = await import('../images/archive/image-archive.js');
      return openImageArchive(path, { reference: digestOf(reference) });
    }
    const { parseImageReference } = await import('../images/registry/reference.js');
    const parsed = parseImageReference(reference);
    if (environment?.profile.endpoints.registries?.[parsed.registry] === undefined)
      return (await pull?.(container, parsed)) ?? null;
    const { openRegistry } = await import('./registry.js');
    const { openRegistryImage } = await import('../images/registry/registry-image.js');
    return openRegistryImage(await openRegistry(parsed, environment), parsed);
  };
}

/** Measures images, the layers' root hashes kept under `cacheDirectory`; a layer with a model is walked first. @throws as readModelLayer and requireModel */
export function imageMeter(cacheDirectory: string): ImageMeter {
  return async (image, reference, model) => {
    requireDigest(image, digestOf(reference));
    const { openLayerCache } = await import('../images/layer-cache.js');
    const { measureImage } = await import('../images/measure.js');
    const { readModelLayer, requireModel } = await import('../images/model-layer.js');
    const files = await readModelLayer(image);
    if (model !== null) requireModel(files, model);
    return measureImage(image, { reference, cache: openLayerCache(join(cacheDirectory, 'layers')) });
  };
}

export type MeasuredImages = ReadonlyMap<string, MeasuredImage>;

function digestOf(reference: string): string {
  return reference.slice(reference.indexOf('@') + 1);
}

function requireDigest({ manifestDigest, path }: ImageArchive, expected: string): void {
  if (manifestDigest === expected) return;
  if (manifestDigest === null) {
    throw new CleanroomError(
      'IMAGE_MISMATCH',
      `${path} is a docker archive: it has no manifest digest to compare with ${expected}`,
      {
        hint: 'Fetch the image as an OCI archive: skopeo copy docker://NAME@DIGEST oci-archive:FILE',
      },
    );
  }
  throw new CleanroomError('IMAGE_MISMATCH', `${path} is the image ${manifestDigest}, not ${expected}`);
}

function splitOnce(flag: string): readonly [string, string] {
  const at = flag.indexOf('=');
  return at < 0 ? [flag, ''] : [flag.slice(0, at), flag.slice(at + 1)];
}
