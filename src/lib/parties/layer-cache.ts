// Where this user's cache of root hashes is.

import { join } from 'node:path';

import { type LayerCache, openLayerCache } from '../images/layer-cache.js';

/** The cache below oclif's cache directory; undefined where the user wants none. */
export function layerCacheOf(cacheDirectory: string, wanted: boolean): LayerCache | undefined {
  return wanted ? openLayerCache(join(cacheDirectory, 'layers')) : undefined;
}
