// Layers over each other, as overlayfs shows them: a laid-out layer moved over what the layers below it left.

import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { ExtractorOptions, LayerMarks } from './layer-extractor.js';

/**
 * Moves the layer in `layer` over `root`; nothing is left of `layer`. No link is followed on either side, so nothing outside
 * of `root` is written or removed.
 *
 * @param owner - of every directory; null where they stay with this process's user, which keeps its way into them.
 */
export function mergeLayer(
  layer: string,
  marks: LayerMarks,
  root: string,
  owner: ExtractorOptions['owner'],
): void {
  mergeDirectory(layer, marks, root, '');
  rmSync(layer, { recursive: true, force: true });
  for (const [path, { mode }] of marks.directories) {
    const directory = join(root, path);
    if (owner !== null) chownSync(directory, owner.uid, owner.gid);
    chmodSync(directory, mode | 0o700);
  }
}

function mergeDirectory(layer: string, marks: LayerMarks, root: string, path: string): void {
  const target = join(root, path);
  if (marks.opaque.has(path)) for (const name of readdirSync(target)) remove(join(target, name));
  for (const whiteout of marks.whiteouts)
    if (parentOf(whiteout) === path) remove(join(target, nameOf(whiteout)));
  for (const entry of readdirSync(join(layer, path), { withFileTypes: true })) {
    const child = path === '' ? entry.name : `${path}/${entry.name}`;
    const below = lstatSync(join(root, child), { throwIfNoEntry: false });
    if (!entry.isDirectory()) {
      if (below !== undefined) remove(join(root, child));
      renameSync(join(layer, child), join(root, child));
      continue;
    }
    if (below !== undefined && !below.isDirectory()) remove(join(root, child));
    if (below?.isDirectory() !== true) mkdirSync(join(root, child), 0o700);
    mergeDirectory(layer, marks, root, child);
  }
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
