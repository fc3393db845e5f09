// Images for the local room: packed here, pushed to the local registry, named by digest.

import type { Environment } from '../../ports/environment.js';
import { openRegistry } from '../../parties/registry.js';
import { openImageArchive } from '../../images/archive/image-archive.js';
import { parseImageReference } from '../../images/registry/reference.js';
import { pushImage } from '../../images/registry/registry-image.js';

/** Pushes the archive as `cleanroom.local/NAME`. @returns the reference by digest. */
export async function pushArchive(host: Environment, path: string, name: string): Promise<string> {
  const reference = parseImageReference(`cleanroom.local/${name}:demo`);
  const archive = await openImageArchive(path);
  try {
    const { manifestDigest } = await pushImage(await openRegistry(reference, host), archive, reference);
    return `cleanroom.local/${name}@${manifestDigest}`;
  } finally {
    await archive.close();
  }
}
