// The root hash of the layer that a model directory becomes in every image that we pack: what a contract names as `model.layer`.

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { planLayerTar } from '../build/layer-tar.js';
import { computeLayerRootHash } from '../layer/root-hash.js';
import { modelLayer } from './pack-program.js';

/** @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE */
export async function modelLayerRootHash(modelDirectory: string): Promise<Sha256Hex> {
  const tar = await planLayerTar(await modelLayer(modelDirectory));
  return (await computeLayerRootHash(tar.open())).rootHash;
}
