// An opened image with the root hash of each of its layers: what a CCE policy is made from.

import { CleanroomError } from '../base/errors.js';
import { type Progress, SILENT } from '../base/progress.js';
import type { ImageArchive } from './archive/image-archive.js';
import type { ArchiveLayer } from './archive/layer-blob.js';
import type { LayerCache } from './layer-cache.js';
import { computeLayerRootHash, type LayerHash } from './layer/root-hash.js';
import type { MeasuredImage } from '../cce-policy/measured-image.js';

export interface MeasureOptions {
  /** The reference under which the image is deployed. */
  readonly reference: string;
  /** Absent: every layer is read and hashed. */
  readonly cache?: LayerCache;
  readonly progress?: Progress;
}

/**
 * Measures every layer. A layer whose diff id is in the cache is not read: its root hash depends on the diff id alone, and
 * a container host that finds other bytes under that diff id refuses them.
 *
 * @throws CleanroomError IMAGE_DIGEST_MISMATCH, LAYER_UNPACKABLE, TAR_MALFORMED, LAYER_REFUSED; names the layer.
 */
export async function measureImage(archive: ImageArchive, options: MeasureOptions): Promise<MeasuredImage> {
  const known = new Map<string, LayerHash>();
  const layers: LayerHash[] = [];
  for (const [index, layer] of archive.layers.entries()) {
    options.progress?.advance(index / archive.layers.length, `layer ${index + 1}`);
    const hash = known.get(layer.diffId) ?? (await measureLayer(layer, index, options));
    known.set(layer.diffId, hash);
    layers.push(hash);
  }
  (options.progress ?? SILENT).advance(1);
  return {
    reference: options.reference,
    layers: layers.map(({ diffId, rootHash, bytes }) => ({ diffId, rootHash, bytes })),
    config: archive.config,
  };
}

async function measureLayer(
  layer: ArchiveLayer,
  index: number,
  { cache }: MeasureOptions,
): Promise<LayerHash> {
  const cached = await cache?.find(layer.diffId);
  if (cached !== undefined && cached !== null) return cached;
  let hash: LayerHash;
  try {
    hash = await computeLayerRootHash(layer.open(), { verifiedDiffId: layer.diffId });
  } catch (cause) {
    if (!(cause instanceof CleanroomError) || !['TAR_MALFORMED', 'LAYER_REFUSED'].includes(cause.code))
      throw cause;
    throw new CleanroomError(cause.code, `layer ${index + 1}: ${cause.message}`, { cause });
  }
  await cache?.store(hash);
  return hash;
}
