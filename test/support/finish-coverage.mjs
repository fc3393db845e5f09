// Coverage of all that tests run: of the processes of mocha, whose files are the sources, and of the processes that tests start, whose files are dist.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const MAPS = 'dist-maps';

// Mocha gives a worker one second to end, and then sends SIGTERM; what it covered takes longer to write on a busy machine.
// A listener keeps the signal from ending it half way.
if (process.env.MOCHA_WORKER_ID !== undefined) process.on('SIGTERM', () => undefined);

/**
 * Gives c8 the source maps of dist, in the form in which Node.js writes those that it has read: the files of dist name no map.
 */
export function mochaGlobalTeardown() {
  const directory = process.env.NODE_V8_COVERAGE;
  if (directory === undefined) return;
  const maps = readdirSync(MAPS, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.map'),
  );
  const cache = Object.fromEntries(
    maps.map((name) => {
      const program = resolve('dist', name.slice(0, -'.map'.length));
      return [pathToFileURL(program).href, { data: JSON.parse(readFileSync(join(MAPS, name), 'utf8')) }];
    }),
  );
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, 'maps-of-dist.json'),
    JSON.stringify({ result: [], 'source-map-cache': cache }),
  );
}
