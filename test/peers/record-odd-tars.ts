// `node --import tsx test/peers/record-odd-tars.ts`: hcsshim's answers to odd tars, for `npm test` (test/vectors/odd-tars).

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { seeded } from '../support/seeded.js';
import { askProgram } from './ask-program.js';
import { LAYERS } from './layers.js';
import { oddTar } from './odd-tars.js';
import { peersCache, setUp } from './toolchain.js';

const SEED = 2;
const TARS = 240;
const SECONDS = 120;

const directory = await mkdtemp(join(tmpdir(), 'cleanroom-odd-tars-'));
try {
  const random = seeded(SEED);
  const asked: object[] = [];
  for (let index = 0; index < TARS; index++) {
    const path = join(directory, `${index}.tar`);
    await writeFile(path, oddTar(random));
    asked.push({ path });
  }
  const answers = await askProgram(await setUp(LAYERS, peersCache()), asked, SECONDS);
  const recorded = { seed: SEED, answers };
  await writeFile('test/vectors/odd-tars/answers.json', `${JSON.stringify(recorded, null, 1)}\n`);
} finally {
  await rm(directory, { recursive: true, force: true });
}
