// Image references by digest: given as such, or read from an archive.

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import * as v from 'valibot';

import { CleanroomError } from '../base/errors.js';
import type { Profile } from '../ports/profile.js';

const BY_DIGEST = /^[a-z0-9][A-Za-z0-9.:/_-]*@sha256:[0-9a-f]{64}$/;

/** What the running emulator provides, beside its profiles. */
const EMULATOR_IMAGES_FILE = 'images.json';

const ImagesSchema = v.looseObject({
  skr: v.looseObject({ reference: v.pipe(v.string(), v.regex(BY_DIGEST)) }),
});

/**
 * The reference that `image` means: itself if it is one by digest, else `name` with the digest of the archive at
 * that path.
 *
 * @throws CleanroomError USAGE for a reference by tag; as openImageArchive for a file that is no image archive, and
 *   readModelLayer
 */
export async function resolveImageReference(image: string, name: string): Promise<string> {
  if (BY_DIGEST.test(image)) return image;
  const { openImageArchive } = await import('../images/archive/image-archive.js');
  const archive = await openImageArchive(image);
  try {
    if (archive.manifestDigest === null) {
      throw new CleanroomError('USAGE', `${image} is a docker archive, which has no manifest digest`, {
        hint: 'Give the reference by digest, NAME@sha256:…, or convert it: skopeo copy docker-archive:IN oci-archive:OUT',
      });
    }
    const { readModelLayer } = await import('../images/model-layer.js');
    await readModelLayer(archive);
    return `${name}@${archive.manifestDigest}`;
  } finally {
    await archive.close();
  }
}

/**
 * The sidecar image of the local Azure that the profile belongs to.
 *
 * @throws CleanroomError USAGE for a profile of a real cloud, which has to name Microsoft's image
 */
export async function sidecarReference(profile: Profile): Promise<string> {
  const provided = await providedSidecar(profile);
  if (provided === null) {
    throw new CleanroomError('USAGE', 'the contract needs the key-release sidecar image by digest', {
      hint: 'Give it with --sidecar mcr.microsoft.com/aci/skr@sha256:… or an OCI archive of it.',
    });
  }
  return provided;
}

/** Reference of the sidecar that the profile's emulator brings; null for a real cloud. */
async function providedSidecar(profile: Profile): Promise<string | null> {
  if (profile.anchors === undefined) return null;
  let images: unknown;
  try {
    images = JSON.parse(await readFile(join(dirname(profile.anchors), EMULATOR_IMAGES_FILE), 'utf8'));
  } catch {
    return null;
  }
  const outcome = v.safeParse(ImagesSchema, images);
  return outcome.success ? outcome.output.skr.reference : null;
}
