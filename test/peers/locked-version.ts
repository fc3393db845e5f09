// Versions of peers, as their locks say.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Peer } from './peer.js';
import { requirementsOf } from './toolchain.js';

/** The version of the package that a peer is asked by. */
export function lockedVersion({ program, lockedPackage }: Peer): string {
  const [path, pattern] =
    'go' in program
      ? [join('go', program.go, 'go.mod'), `${escape(lockedPackage)} v([^\\s]+)`]
      : [join('python', requirementsOf(program)), `^${escape(lockedPackage)}==([^\\s]+)`];
  const found = new RegExp(pattern, 'm').exec(readFileSync(join('test/peers', path), 'utf8'))?.[1];
  if (found === undefined) throw new Error(`${path} locks no ${lockedPackage}`);
  return found;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
