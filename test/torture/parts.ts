// The parts of the torture, and how much of its time each may take.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { seeded } from '../support/seeded.js';
import { badNetwork, portsOf } from './bad-network.js';
import { disturb } from './disturbed.js';
import type { Figures } from './figures.js';
import { limitedFiles, mayMount } from './full-disk.js';
import { malformed } from './malformed.js';
import { COMMANDS_WITH_FILES } from './malformed-commands.js';
import { type Owner, startOwner } from './on-azure.js';
import { serving } from './on-emulator.js';
import { fetching, logging, opening, sealing } from './on-files.js';
import { budgeting } from './on-rooms.js';
import { sharing } from './on-shards.js';
import { writeKeys } from './places.js';
import { LOADS, readers } from './readers.js';
import { ofCommand, type Scenario, torture } from './trial.js';
import { azureClock, clientClock } from './wrong-clock.js';

export interface TortureBounds {
  readonly root: string;
  /** Kills to reach, by all scenarios together. */
  readonly kills: number;
  readonly minutes: number;
  readonly seed: number;
}

export interface Part {
  /** Of the time, against the shares of the other parts. */
  readonly share: number;
  run(bounds: TortureBounds): Promise<readonly Figures[]>;
}

const TRIALS = 60;

export const PARTS: Readonly<Record<string, Part>> = {
  kills: { share: 16, run: killing },
  shards: { share: 3, run: sharingOut },
  readers: { share: 1, run: reading },
  disk: { share: 3, run: fillingDisks },
  network: {
    share: 4,
    run: ({ root, minutes, seed }) => withOwner(root, (owner) => network(owner, minutes, seed)),
  },
  clocks: {
    share: 3,
    run: ({ root, minutes, seed }) => withOwner(root, (owner) => clocks(owner, minutes, seed)),
  },
  malformed: { share: 6, run: ({ root, minutes }) => withOwner(root, (owner) => files(owner, minutes)) },
};

async function withOwner(
  root: string,
  work: (owner: Owner) => Promise<readonly Figures[]>,
): Promise<readonly Figures[]> {
  const owner = await startOwner(join(root, 'owner'));
  try {
    return await work(owner);
  } finally {
    await owner.parties.stop();
  }
}

/* Slow ones first: what they leave of the kills is made up by the quick ones. */
function killing({ root, kills: wanted, minutes, seed }: TortureBounds): Promise<readonly Figures[]> {
  return withOwner(root, async (owner) => {
    const scenarios: readonly Scenario[] = [
      ofCommand(await opening(root, 10_000)),
      ...owner.commands.map(ofCommand),
      ofCommand(owner.deploy),
      await serving(root),
      budgeting(root),
      ofCommand(sealing(root)),
      ofCommand(await fetching(root)),
      ofCommand(await logging(root)),
    ];
    const until = performance.now() + minutes * 60_000;
    const random = seeded(seed);
    const rows: Figures[] = [];
    for (const [place, scenario] of scenarios.entries()) {
      process.stderr.write(`  ${scenario.name}\n`);
      const left = scenarios.length - place;
      const done = rows.reduce((sum, { kills }) => sum + kills, 0);
      const share = performance.now() + (until - performance.now()) / left;
      const kills = Math.ceil((wanted - done) / left);
      rows.push(await torture(scenario, { kills, until: share, random }));
    }
    return rows;
  });
}

/* One run of many documents, whose rooms are killed until so many have been, or half of the time is up. */
async function sharingOut({ kills, minutes, seed }: TortureBounds): Promise<readonly Figures[]> {
  const until = performance.now() + minutes * 30_000;
  const most = Math.min(kills, 40);
  return [await sharing({ documents: 10_000, shards: 8, kills: most, until, random: seeded(seed) })];
}

async function reading({ root }: TortureBounds): Promise<readonly Figures[]> {
  const rows: Figures[] = [];
  for (const load of LOADS) rows.push(await readers(root, load));
  return rows;
}

async function fillingDisks({ root, minutes, seed }: TortureBounds): Promise<readonly Figures[]> {
  const bounds = { trials: TRIALS, until: performance.now() + minutes * 60_000 };
  if (!mayMount()) return [await disturb(await filesOnly(root), limitedFiles(seeded(seed)), bounds)];
  const disk = join(root, 'disk');
  mkdirSync(disk);
  const script = `mount -t tmpfs -o size=2g none "$0" && exec "$@"`;
  const program = [process.execPath, '--import', 'tsx', 'test/torture/on-full-disk.ts'];
  const argv = [disk, String(TRIALS), String(minutes), String(seed)];
  const { stdout, stderr } = spawnSync('unshare', ['-Urm', 'sh', '-c', script, disk, ...program, ...argv], {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: disk },
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Figures[];
}

async function filesOnly(root: string): Promise<Parameters<typeof disturb>[0]> {
  return [await logging(root), await fetching(root), sealing(root), await opening(root, 40)];
}

async function network(owner: Owner, minutes: number, seed: number): Promise<readonly Figures[]> {
  const bad = await badNetwork(portsOf(owner.parties.stage.emulatorDirectory), seeded(seed));
  try {
    const until = performance.now() + minutes * 60_000;
    return [await disturb(await sealedOnce(owner), bad, { trials: TRIALS, until })];
  } finally {
    bad.close();
  }
}

async function clocks(owner: Owner, minutes: number, seed: number): Promise<readonly Figures[]> {
  const commands = await sealedOnce(owner);
  const half = performance.now() + minutes * 30_000;
  const random = seeded(seed);
  return [
    await disturb(commands, clientClock(random), { trials: TRIALS / 2, until: half }),
    await disturb(commands, azureClock(owner.clock, random), {
      trials: TRIALS / 2,
      until: half + minutes * 30_000,
    }),
  ];
}

/* Rewrap and rotate need a dataset that is there. */
async function sealedOnce({ parties, commands }: Owner): Promise<Owner['commands']> {
  await parties.run([...commands[0]!.argv(0), '--json']);
  return commands;
}

async function files(owner: Owner, minutes: number): Promise<readonly Figures[]> {
  await sealedOnce(owner);
  const cwd = owner.parties.workspace.fabrikam.directory;
  const env = { HOME: join(cwd, 'home'), ...owner.parties.environment };
  writeKeys({ cwd });
  await owner.parties.run(['encrypt', 'notes.txt', '--to', 'pub.jwk', '--out', 'notes.sealed']);
  await owner.parties.run(['log', 'append', 'audit.log', 'contract.yaml', '--key', 'keys/fabrikam.jwk']);
  cpSync('templates/demo/brief.txt', join(cwd, 'notes.txt'));
  writeFileSync(join(cwd, 'template.json'), '{"resources":[]}');
  const until = performance.now() + minutes * 60_000;
  return [await malformed({ cwd, env, commands: COMMANDS_WITH_FILES, until })];
}
