// `npm run peers [NAME…] [-- --short --seed S --minutes M --json --write]`: programs of others, asked what ours are asked.
// `npm run peers skr -- --skr FILE`: Microsoft's key release sidecar, whose program is given, beside the stand-in.
// `npm run peers azure -- DIR`: what somebody recorded in a subscription (CLEANROOM_RECORD), asked of the local Azure.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { seeded } from '../support/seeded.js';
import { askProgram } from './ask-program.js';
import { writePeersData } from './data.js';
import { lockedVersion } from './locked-version.js';
import { countAnswers, type PeerOutcome, renderOutcomes } from './outcome.js';
import type { Peer } from './peer.js';
import { PEERS } from './peers.js';
import { NotSetUp, peersCache, setUp } from './toolchain.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '4' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    skr: { type: 'string' },
  },
});

if (positionals[0] === 'azure') await replayAndEnd(positionals[1]);
if (positionals[0] === 'skr') await askSidecarAndEnd(values.skr);
const unknown = positionals.filter((name) => !PEERS.some((peer) => peer.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `no peer ${unknown.join(', ')}; there are ${PEERS.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
const wanted = PEERS.filter(({ name, byHand = false }) =>
  positionals.length === 0 ? !byHand : positionals.includes(name),
);
const demanded = (process.env['CLEANROOM_REQUIRE_TOOLS'] ?? '').split(',');
const outcomes: PeerOutcome[] = [];
for (const peer of wanted) {
  process.stderr.write(`asking ${peer.name}\n`);
  outcomes.push(await outcomeOf(peer));
}
process.stdout.write(values.json ? `${JSON.stringify(outcomes, null, 1)}\n` : renderOutcomes(outcomes));
if (values.write) await writePeersData(outcomes);
if (outcomes.some(({ disagreed }) => disagreed.length > 0)) process.exitCode = 5;
const missing = outcomes.filter(({ peer, notRun }) => notRun !== null && demanded.includes(peer));
if (missing.length > 0) {
  process.stderr.write(`demanded and not run: ${missing.map(({ peer }) => peer).join(', ')}\n`);
  process.exitCode = 1;
}

async function outcomeOf(peer: Peer): Promise<PeerOutcome> {
  const { name, about } = peer;
  const version = lockedVersion(peer);
  const nothing = { questions: 0, agreed: 0, byDesign: {}, disagreed: [], seconds: 0 };
  const directory = await mkdtemp(join(tmpdir(), 'cleanroom-peer-'));
  try {
    const settingUp = performance.now();
    const command = await setUp(peer, peersCache());
    process.stderr.write(`set up in ${((performance.now() - settingUp) / 1000).toFixed(1)} s\n`);
    const started = performance.now();
    const compared = await peer.compare({
      directory,
      random: seeded(Number(values.seed)),
      short: values.short,
      command,
      ask: (questions) => askProgram(command, questions, Number(values.minutes) * 60),
    });
    const seconds = (performance.now() - started) / 1000;
    return { peer: name, version, about, ...countAnswers(compared), seconds, notRun: null };
  } catch (cause) {
    if (cause instanceof NotSetUp) return { peer: name, version, about, ...nothing, notRun: cause.message };
    const fault = { question: 'all', ours: '-', theirs: String(cause), byDesign: null };
    return { peer: name, version, about, ...nothing, questions: 1, disagreed: [fault], notRun: null };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/* Ends the process: nothing else is asked. */
async function askSidecarAndEnd(file: string | undefined): Promise<never> {
  if (file === undefined) {
    process.stderr.write("npm run peers skr -- --skr FILE: the program of Microsoft's key release sidecar\n");
    process.exit(2);
  }
  const { askSidecar } = await import('./sidecar/ask-sidecar.js');
  const { writeSidecarRecordings } = await import('./sidecar/recordings.js');
  try {
    const { outcome, recordings } = await askSidecar(file);
    if (values.write && recordings !== null) await writeSidecarRecordings(recordings);
    process.stdout.write(values.json ? `${JSON.stringify(outcome, null, 1)}\n` : renderOutcomes([outcome]));
    process.exit(outcome.disagreed.length > 0 ? 5 : outcome.notRun === null ? 0 : 3);
  } catch (cause) {
    process.stderr.write(`${String(cause)}\n`);
    process.exit(3);
  }
}

/* Likewise. */
async function replayAndEnd(recorded: string | undefined): Promise<never> {
  if (recorded === undefined) {
    process.stderr.write('npm run peers azure -- DIR: the directory that CLEANROOM_RECORD named\n');
    process.exit(2);
  }
  const { replayRecordings } = await import('./recordings/replay.js');
  const directory = await mkdtemp(join(tmpdir(), 'cleanroom-replay-'));
  try {
    const outcome = await replayRecordings(recorded, directory);
    process.stdout.write(values.json ? `${JSON.stringify(outcome, null, 1)}\n` : renderOutcomes([outcome]));
    process.exitCode = outcome.disagreed.length > 0 ? 5 : outcome.notRun === null ? 0 : 3;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  process.exit();
}
