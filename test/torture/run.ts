// `npm run torture [-- --kills N --minutes M --seed S --only PART,PART --json]`: what is done to the program, and what came of it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { renderFigures } from './figures.js';
import { type Part, PARTS, type TortureBounds } from './parts.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

const wanted = Object.entries<Part>(PARTS).filter(
  ([name]) => values.only === '' || values.only.split(',').includes(name),
);
const whole = wanted.reduce((sum, [, { share }]) => sum + share, 0);
const rows = [];
for (const [name, { share, run }] of wanted) {
  process.stderr.write(`${name}\n`);
  const root = await mkdtemp(join(tmpdir(), 'cleanroom-torture-'));
  const bounds: TortureBounds = {
    root,
    kills: Number(values.kills),
    minutes: (Number(values.minutes) * share) / whole,
    seed: Number(values.seed),
  };
  try {
    const figures = await run(bounds);
    process.stderr.write(renderFigures(figures));
    rows.push(...figures);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
process.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : renderFigures(rows));
process.exit(rows.some(({ faults }) => faults.length > 0) ? 5 : 0);
