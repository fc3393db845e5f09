// The stand-in for Microsoft's sidecar as an image of the local registry; its reference is in images.json.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { packSidecar } from '../images/pack/pack-program.js';
import { LOCAL_REGISTRY } from './registry/constants.js';
import type { ImageStore } from './registry/image-store.js';
import { loadArchive } from './registry/load-archive.js';

const NAME = 'skr-emulated';

/** What `init` and `deploy` need to know of an image that the emulator brings. */
export interface LocalImage {
  /** `cleanroom.local/NAME@sha256:…`. */
  readonly reference: string;
  /** OCI archive with the same image: what `--image skr=…` takes. */
  readonly archive: string;
}

/**
 * Packs the sidecar from this installation's compiled files, pushes it and writes `images.json`.
 * Null where there are no compiled files, as in a checkout before `npm run build`.
 */
export async function provideSidecarImage(
  directory: string,
  store: ImageStore,
  log: (line: string) => void,
): Promise<LocalImage | null> {
  const archive = join(directory, 'images', `${NAME}.oci.tar`);
  await mkdir(join(directory, 'images'), { recursive: true, mode: 0o700 });
  try {
    // Three up in src/lib/emulator and in dist/lib/emulator alike.
    const packageRoot = fileURLToPath(new URL('../../..', import.meta.url));
    const { manifestDigest } = await packSidecar({ packageRoot, out: archive });
    await loadArchive(store, archive, NAME, manifestDigest);
    const image = { reference: `${LOCAL_REGISTRY}/${NAME}@${manifestDigest}`, archive };
    await writeFileAtomic(join(directory, 'images.json'), `${JSON.stringify({ skr: image }, null, 2)}\n`);
    return image;
  } catch (cause) {
    if (!(cause instanceof CleanroomError) || cause.code !== 'IMAGE_NOT_BUILT') throw cause;
    log('the stand-in sidecar is not in the registry: run npm run build and start again');
    return null;
  }
}
