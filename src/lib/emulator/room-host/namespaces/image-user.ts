// Whom an image's program runs as: `UID[:GID]`, or names that the image's own /etc/passwd and /etc/group know.

import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MAX_FILE = 1 << 20;

export interface ImageUser {
  readonly uid: number;
  readonly gid: number;
}

/** @throws Error for a name that the image does not know */
export function readImageUser(root: string, user: string): ImageUser {
  const [name = '', group] = user.split(':');
  if (name === '') return { uid: 0, gid: 0 };
  const entry = isNumber(name)
    ? readTable(root, 'etc/passwd').find((fields) => fields[2] === name)
    : readTable(root, 'etc/passwd').find((fields) => fields[0] === name);
  const uid = isNumber(name) ? name : entry?.[2];
  const named = group === undefined ? (entry?.[3] ?? '0') : group;
  const gid = isNumber(named)
    ? named
    : readTable(root, 'etc/group').find((fields) => fields[0] === named)?.[2];
  if (uid === undefined || gid === undefined || !isNumber(uid) || !isNumber(gid))
    throw new Error(`unable to find user ${user}: no matching entries in the image's passwd and group files`);
  return { uid: Number(uid), gid: Number(gid) };
}

/* Regular files only, directly below the image's own /etc: a link might lead out of the image. */
function readTable(root: string, path: string): readonly (readonly string[])[] {
  const etc = lstatSync(join(root, 'etc'), { throwIfNoEntry: false });
  const stats = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (etc?.isDirectory() !== true || stats?.isFile() !== true || stats.size > MAX_FILE) return [];
  return readFileSync(join(root, path), 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
}

function isNumber(text: string): boolean {
  return /^[0-9]{1,10}$/.test(text);
}
