// The short form of `npm run torture`: commands killed with -9 at moments that chance picks, from a fixed seed.

import assert from 'node:assert/strict';

import { seeded } from '../support/seeded.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { fetching, logging, opening, sealing } from '../torture/on-files.js';
import { renderFigures } from '../torture/figures.js';
import { type Scenario, torture } from '../torture/trial.js';

describe('a command that is killed with -9 at any moment', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  const scenarios: Readonly<Record<string, () => Scenario | Promise<Scenario>>> = {
    'sealing a text': () => sealing(root()),
    'opening documents': () => opening(root(), 40),
    'appending to a log': () => logging(root()),
    'fetching a model': () => fetching(root()),
  };

  for (const [what, make] of Object.entries(scenarios)) {
    it(`${what}: ends well when it is run again, with nothing lost, doubled or left in clear`, async () => {
      const bounds = { kills: 3, until: Infinity, random: seeded(22) };
      const figures = await torture(await make(), bounds);
      assert.deepEqual(figures.faults, [], renderFigures([figures]));
    });
  }
});
