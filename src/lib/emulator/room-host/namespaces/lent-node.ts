// This machine's Node.js for images that have none of their own: the binary and the libraries it loads, and nothing beside them.

import { execFile } from 'node:child_process';
import { access, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export interface LentNode {
  /** Path in the container, then on this machine. */
  readonly files: readonly (readonly [inside: string, outside: string])[];
}

const INSIDE = '/usr/local/bin/node';
/* What the addons of a room load besides what Node.js does. */
const ADDON_LIBRARIES = ['libdl.so.2', 'libm.so.6', 'libpthread.so.0', 'librt.so.1'];

/** @throws Error where ldd is missing or Node.js is not dynamically linked */
export async function lentNode(): Promise<LentNode> {
  const binary = await realpath(process.execPath);
  const { stdout } = await promisify(execFile)('ldd', [binary]);
  const libraries = [...stdout.matchAll(/(?:=> )?(\/[^\s]+) \(0x/g)].map(([, path = '']) => path);
  if (libraries.length === 0) throw new Error('ldd names no library');
  const besides = await existing(ADDON_LIBRARIES.flatMap((name) => besideLibc(libraries, name)));
  const all = [...new Set([...libraries, ...besides])];
  return { files: [[INSIDE, binary], ...all.map((path) => [path, path] as const)] };
}

/* Parts of the C library, which lie in one directory. */
function besideLibc(libraries: readonly string[], name: string): readonly string[] {
  const libc = libraries.find((path) => path.endsWith('/libc.so.6'));
  return libc === undefined ? [] : [join(dirname(libc), name)];
}

async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => [path],
        () => [],
      ),
    ),
  );
  return found.flat();
}
