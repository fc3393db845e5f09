// The short form of `npm run torture`, from a fixed seed: kills with -9, a full disk, a bad network, a wrong clock, readers, and
// files that are none.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { exampleContract } from '../support/contract.js';
import { seeded } from '../support/seeded.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { badNetwork } from '../torture/bad-network.js';
import { disturb } from '../torture/disturbed.js';
import { type Figures, renderFigures } from '../torture/figures.js';
import { limitedFiles } from '../torture/full-disk.js';
import { COMMANDS_WITH_FILES, COMMANDS_WITHOUT_FILES } from '../torture/malformed-commands.js';
import { writeMalformedFiles } from '../torture/malformed-files.js';
import { malformedFault, tryMalformed } from '../torture/malformed-try.js';
import { fetching, logging, opening, sealing } from '../torture/on-files.js';
import { budgeting } from '../torture/on-rooms.js';
import { sharing } from '../torture/on-shards.js';
import { placeOf, writeKeys } from '../torture/places.js';
import { readers } from '../torture/readers.js';
import { ofCommand, type Scenario, torture } from '../torture/trial.js';
import { clientClock } from '../torture/wrong-clock.js';

describe('torture', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  const held = (figures: Figures): void => assert.deepEqual(figures.faults, [], renderFigures([figures]));
  const bounds = { trials: 2, until: Infinity };

  describe('by kill -9 at any moment', () => {
    const scenarios: Readonly<Record<string, () => Scenario | Promise<Scenario>>> = {
      'sealing a text': () => ofCommand(sealing(root())),
      'opening documents': async () => ofCommand(await opening(root(), 40)),
      'appending to a log': async () => ofCommand(await logging(root())),
      'fetching a model': async () => ofCommand(await fetching(root())),
      'a room with a budget of one': () => budgeting(root()),
    };
    for (const [what, make] of Object.entries(scenarios)) {
      it(`${what}: ends well when it is run again, with nothing lost, doubled or left in clear`, async () => {
        held(await torture(await make(), { kills: 2, until: Infinity, random: seeded(22) }));
      });
    }
  });

  it('by kill -9 of rooms that share documents: nothing is lost or there twice, and there is one result', async () => {
    const run = { documents: 60, shards: 3, kills: 3, until: Infinity, random: seeded(20) };
    held(await sharing(run));
  });

  it('by files that may not grow: says so, keeps what was there, and ends well when there is room again', async () => {
    const below = join(root(), 'disk');
    const commands = [await logging(below), sealing(below)];
    const figures = await disturb(commands, limitedFiles(seeded(1)), { ...bounds, trials: 3 });
    held(figures);
    assert.match(figures.note, /FILE_UNWRITABLE/);
  });

  it('by a network that cuts, delays and reorders: never blames the login, and ends well on a good one', async () => {
    const fetch = await fetching(join(root(), 'network'));
    const network = await badNetwork([fetch.port], seeded(3));
    try {
      held(await disturb([fetch], network, bounds));
    } finally {
      network.close();
      await fetch.close?.();
    }
  });

  it('by a clock that is wrong: an entry is in the log once', async () => {
    held(await disturb([await logging(join(root(), 'clock'))], clientClock(seeded(4)), bounds));
  });

  it('by a hundred readers of a room that works: each is answered', async () => {
    const load = { name: 'extractive over 4 MB', megabytes: 4, model: null };
    const figures = await readers(root(), load);
    held(figures);
    assert.ok(figures.trials > 0, renderFigures([figures]));
  });

  describe('by files that are none', () => {
    it('names every command there is, with or without files', () => {
      const surface: unknown = JSON.parse(readFileSync('test/commands/surface.json', 'utf8'));
      const all = Object.keys(surface as Record<string, unknown>);
      const with_ = all.filter((name) =>
        COMMANDS_WITH_FILES.some((argv) => argv.join(' ').startsWith(`${name} `)),
      );
      assert.deepEqual([...with_, ...COMMANDS_WITHOUT_FILES].sort(), [...all].sort());
    });

    it('each command refuses them in words, one file of eighty each', async () => {
      const place = placeOf(root(), 'malformed');
      const { cwd } = place;
      writeKeys(place);
      writeFileSync(join(cwd, 'contract.yaml'), stringify(exampleContract()));
      writeFileSync(join(cwd, 'template.json'), '{"resources":[]}');
      writeFileSync(join(cwd, 'policy.rego'), 'package policy\n');
      cpSync('templates/demo/brief.txt', join(cwd, 'notes.txt'));
      const names = await writeMalformedFiles(cwd);
      assert.ok(names.length >= 80, `${names.length} files`);
      const faults: string[] = [];
      for (const [index, argv] of COMMANDS_WITH_FILES.entries()) {
        const line = await tryMalformed(place, argv, names[(index * 7) % names.length]!);
        const fault = malformedFault(line);
        if (fault !== null) faults.push(`${argv.join(' ')} < ${line.name}: ${fault}`);
      }
      assert.deepEqual(faults, []);
    });
  });
});
