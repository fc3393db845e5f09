// Moves the source maps that tsc wrote out of dist, and takes their names out of the sources: what ships and what a
// room's image holds is the same bytes with and without maps. Tests read them: test/support/finish-coverage.mjs.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const BUILT = 'dist';
const MAPS = 'dist-maps';
const NAME_OF_MAP = /\n?\/\/# sourceMappingURL=[\w.-]+\.js\.map\s*$/;

rmSync(MAPS, { recursive: true, force: true });
for (const name of readdirSync(BUILT, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.js.map')) continue;
  const map = join(MAPS, name);
  mkdirSync(dirname(map), { recursive: true });
  renameSync(join(BUILT, name), map);
  const program = join(BUILT, name.slice(0, -'.map'.length));
  const text = readFileSync(program, 'utf8');
  writeFileSync(program, text.replace(NAME_OF_MAP, '\n'));
}
