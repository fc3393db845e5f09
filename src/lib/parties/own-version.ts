// The version of this toolkit, as its package says.

import { createRequire } from 'node:module';

import * as v from 'valibot';

const Package = v.looseObject({ version: v.string() });

export function ownVersion(): string {
  const read: unknown = createRequire(import.meta.url)('../../../package.json');
  return v.parse(Package, read).version;
}
