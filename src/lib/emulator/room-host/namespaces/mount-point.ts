// Places in a laid-out image for what is mounted over it: the image is read-only once it runs, so they are made before.

import { chmodSync, chownSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { pathComponents } from '../../../images/layer/entry-path.js';
import type { RoomUser } from './room-user.js';

/**
 * Makes an empty file or directory at `inside`, unless the image has one there. No link of the image is followed.
 *
 * @throws Error where the image has a link, or something of another kind, on the way
 */
export function makeMountPoint(
  root: string,
  inside: string,
  kind: 'file' | 'directory',
  user: RoomUser | null,
): void {
  const components = pathComponents(inside);
  let path = root;
  for (const [index, name] of components.entries()) {
    path = join(path, name);
    const wanted = index === components.length - 1 ? kind : 'directory';
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) {
      if (wanted === 'directory') mkdirSync(path, 0o700);
      else writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
      chmodSync(path, wanted === 'directory' ? 0o755 : 0o644);
      if (user !== null) chownSync(path, user.uid, user.gid);
    } else if (wanted === 'directory' ? !stats.isDirectory() : !stats.isFile())
      throw new Error(
        `nothing can be mounted at ${inside}: the image has no ${wanted} at /${components.slice(0, index + 1).join('/')}`,
      );
  }
}
