// Layers of this installation's own programs, by root hash: the only ones that run where rooms get no namespaces.

import { fileURLToPath } from 'node:url';

import { CleanroomError } from '../base/errors.js';
import { planLayerTar } from '../images/build/layer-tar.js';
import { computeLayerRootHash } from '../images/layer/root-hash.js';
import { programLayers } from '../images/pack/pack-program.js';

/** Empty where there are no compiled files, as in a checkout before `npm run build`. */
export async function ownLayers(): Promise<ReadonlySet<string>> {
  // Three up in src/lib/emulator and in dist/lib/emulator alike.
  const packageRoot = fileURLToPath(new URL('../../..', import.meta.url));
  const hashes = new Set<string>();
  for (const program of ['summarizer', 'sidecar'] as const) {
    try {
      for (const { entries } of await programLayers(packageRoot, program, { kind: 'none' })) {
        const tar = await planLayerTar(entries);
        hashes.add((await computeLayerRootHash(tar.open(), { verifiedDiffId: tar.digest })).rootHash);
      }
    } catch (cause) {
      if (!(cause instanceof CleanroomError) || cause.code !== 'IMAGE_NOT_BUILT') throw cause;
    }
  }
  return hashes;
}
