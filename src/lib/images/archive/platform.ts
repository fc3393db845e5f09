// Platforms of images: confidential container groups run linux/amd64 only.

import { CleanroomError } from '../../base/errors.js';
import type { ImageConfig } from '../../cce-policy/measured-image.js';
import type { Descriptor } from './descriptor.js';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

export const DEFAULT_PLATFORM: Platform = { os: 'linux', architecture: 'amd64' };

/** Reads `os/architecture`. @throws CleanroomError USAGE */
export function parsePlatform(text: string): Platform {
  const [, os, architecture] = /^([a-z0-9]+)\/([a-z0-9_]+)$/.exec(text) ?? [];
  if (os === undefined || architecture === undefined)
    throw new CleanroomError('USAGE', `${text} is not a platform such as linux/amd64`);
  return { os, architecture };
}

export interface ChosenDescriptor {
  readonly descriptor: Descriptor;
  /** Said aloud where there was a choice. */
  readonly remark: string | null;
}

/**
 * Chooses the one image of an index that fits. Attestation manifests and the like are left aside.
 *
 * @throws CleanroomError IMAGE_PLATFORM if none is for the platform, IMAGE_AMBIGUOUS if several are.
 */
export function choosePlatform(manifests: readonly Descriptor[], platform: Platform): ChosenDescriptor {
  const images = manifests.filter((descriptor) => !isAttestation(descriptor));
  const [only] = images;
  if (images.length === 1 && only?.platform === undefined && only !== undefined)
    return { descriptor: only, remark: null };
  const fitting = images.filter(({ platform: found }) => found !== undefined && isSame(found, platform));
  const [chosen, second] = fitting;
  const offered = images.map(({ platform: found }) => (found === undefined ? 'unnamed' : nameOf(found)));
  if (chosen === undefined) {
    throw new CleanroomError(
      'IMAGE_PLATFORM',
      `the archive has no image for ${nameOf(platform)}; it has: ${offered.join(', ') || 'none'}`,
    );
  }
  if (second !== undefined && second.digest !== chosen.digest)
    throw new CleanroomError('IMAGE_AMBIGUOUS', `the archive has several images for ${nameOf(platform)}`);
  const remark = images.length > 1 ? `took ${nameOf(platform)} of: ${offered.join(', ')}` : null;
  return { descriptor: chosen, remark };
}

/** @throws CleanroomError IMAGE_PLATFORM if the config is for another platform */
export function checkPlatform(config: ImageConfig, platform: Platform): void {
  if (!isSame(config, platform)) {
    throw new CleanroomError(
      'IMAGE_PLATFORM',
      `the image is for ${nameOf(config)}, not for ${nameOf(platform)}`,
    );
  }
}

/* BuildKit's provenance stands in the index as an image of no platform. */
function isAttestation({ platform, annotations }: Descriptor): boolean {
  return annotations?.['vnd.docker.reference.type'] !== undefined || platform?.os === 'unknown';
}

function isSame(a: Platform, b: Platform): boolean {
  return a.os === b.os && a.architecture === b.architecture;
}

function nameOf({ os, architecture }: Platform): string {
  return `${os}/${architecture}`;
}
