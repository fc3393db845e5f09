// The part of the torture that runs on a small disk in memory, in a namespace of its own. argv: its directory, trials,
// minutes, seed. Prints figures as JSON.

import { join } from 'node:path';

import { seeded } from '../support/seeded.js';
import { disturb } from './disturbed.js';
import { fullDisk } from './full-disk.js';
import { startOwner } from './on-azure.js';
import { fetching, logging, opening, sealing } from './on-files.js';

const [directory = '', trials = '', minutes = '', seed = ''] = process.argv.slice(2);
const owner = await startOwner(join(directory, 'owner'));
try {
  const files = [
    await logging(directory),
    await fetching(directory),
    sealing(directory),
    await opening(directory, 40),
  ];
  const disk = fullDisk(directory, seeded(Number(seed)));
  const half = performance.now() + Number(minutes) * 30_000;
  const rows = [];
  // A dataset is there before the disk fills: rewrap and rotate need one.
  await owner.parties.run([...owner.commands[0]!.argv(0), '--json']);
  rows.push(
    await disturb(
      files,
      { ...disk, name: `${disk.name}, of the client` },
      { trials: Number(trials) / 2, until: half },
    ),
    await disturb(
      owner.commands,
      { ...disk, name: `${disk.name}, of client and local Azure` },
      { trials: Number(trials) / 2, until: half + Number(minutes) * 30_000 },
    ),
  );
  process.stdout.write(JSON.stringify(rows));
  for (const { close } of files) await close?.();
} finally {
  await owner.parties.stop();
}
process.exit(0);
