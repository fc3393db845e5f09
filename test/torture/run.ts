// `npm run torture [-- --kills N --minutes M --seed S --only NAME --json]`: kills at random, and what was left of it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { seeded } from '../support/seeded.js';
import { type Figures, renderFigures } from './figures.js';
import { startOwner } from './on-azure.js';
import { serving } from './on-emulator.js';
import { fetching, logging, opening, sealing } from './on-files.js';
import { budgeting } from './on-rooms.js';
import { type Scenario, torture } from './trial.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    minutes: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const root = await mkdtemp(join(tmpdir(), 'cleanroom-torture-'));
const owner = await startOwner(join(root, 'owner'));
try {
  const scenarios: readonly Scenario[] = [
    ...owner.scenarios,
    budgeting(root),
    await serving(root),
    await logging(root),
    await fetching(root),
    sealing(root),
    await opening(root, 10_000),
  ];
  const until = performance.now() + Number(values.minutes) * 60_000;
  const random = seeded(Number(values.seed));
  const rows: Figures[] = [];
  for (const [place, scenario] of scenarios.entries()) {
    process.stderr.write(`${scenario.name}\n`);
    const left = scenarios.length - place;
    const done = rows.reduce((sum, { kills }) => sum + kills, 0);
    const share = performance.now() + (until - performance.now()) / left;
    const kills = Math.ceil((Number(values.kills) - done) / left);
    rows.push(await torture(scenario, { kills, until: share, random }));
  }
  process.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : renderFigures(rows));
  if (rows.some(({ faults }) => faults.length > 0)) process.exitCode = 5;
} finally {
  await owner.parties.stop();
  await rm(root, { recursive: true, force: true });
}
