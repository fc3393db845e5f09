// Where a command finds image archives: given with --image, else fetched by digest from a registry that the profile maps.

import { join } from 'node:path';

import { CleanroomError } from '../errors.js';
import type { Contract } from '../contract/schema.js';
import type { MeasuredImage } from '../images/measured-image.js';
import type { ImageMeter, ImageSource } from '../workflows/room-images.js';

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

/** Looks among the archives that were given. */
export function imageSource(archives: ReadonlyMap<string, string>): ImageSource {
  return (container) => Promise.resolve(archives.get(container) ?? null);
}

/** Measures archives with the layer cache in `cacheDirectory`. */
export function imageMeter(cacheDirectory: string): ImageMeter {
  return async (path, reference) => {
    const { openImageArchive } = await import('../images/archive/image-archive.js');
    const { openLayerCache } = await import('../images/layer-cache.js');
    const { measureImage } = await import('../images/measure.js');
    const digest = reference.split('@')[1] ?? '';
    const archive = await openImageArchive(path, { reference: digest });
    try {
      requireDigest(archive.manifestDigest, digest, path);
      return await measureImage(archive, {
        reference,
        cache: openLayerCache(join(cacheDirectory, 'layers')),
      });
    } finally {
      await archive.close();
    }
  };
}

export type MeasuredImages = ReadonlyMap<string, MeasuredImage>;

function requireDigest(actual: string | null, expected: string, path: string): void {
  if (actual === expected) return;
  if (actual === null) {
    throw new CleanroomError(
      'IMAGE_MISMATCH',
      `${path} is a docker archive: it has no manifest digest to compare with ${expected}`,
      {
        hint: 'Fetch the image as an OCI archive: skopeo copy docker://NAME@DIGEST oci-archive:FILE',
      },
    );
  }
  throw new CleanroomError('IMAGE_MISMATCH', `${path} is the image ${actual}, not ${expected}`);
}

function splitOnce(flag: string): readonly [string, string] {
  const at = flag.indexOf('=');
  return at < 0 ? [flag, ''] : [flag.slice(0, at), flag.slice(at + 1)];
}
