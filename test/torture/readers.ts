// A hundred readers of a room's page and of /status while it works: how long an answer takes them.

import { type ChildProcess, spawn } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { modelDigest } from '../../src/lib/summarizer/model-digest.js';
import { FERRY_TEXT, withModel } from '../support/room/contracts.js';
import type { World } from '../support/room/world.js';
import type { Figures } from './figures.js';
import { untilLogged, worldWithPort } from './on-rooms.js';
import { type Place, placeOf } from './places.js';

const READERS = 100;
/* Each reader asks so often, as a browser that shows the page does. */
const PAUSE_MS = 1_000;

export interface Load {
  readonly name: string;
  readonly megabytes: number;
  /** Directory below `models`; null: sentences are picked. */
  readonly model: string | null;
}

export const LOADS: readonly Load[] = [
  { name: 'extractive over 12 MB', megabytes: 12, model: null },
  { name: 't5-demo over 0.05 MB', megabytes: 0.05, model: 't5-demo' },
];

/** Answers that were not 200, or that never came, are faults. */
export async function readers(root: string, load: Load): Promise<Figures> {
  const begun = performance.now();
  const { world, port } = await worldOf(load);
  const place = placeOf(root, `readers ${load.name}`);
  const room = startRoom(world, place);
  const exited = once(room, 'exit');
  const ended = untilLogged(room, 'ended');
  const over = new AbortController();
  setMaxListeners(READERS + 1, over.signal);
  const answers: Answer[] = [];
  const read = Array.from({ length: READERS }, (_, number) => reader(number, port, answers, over.signal));
  const output = await ended;
  const worked = (performance.now() - begun) / 1000;
  over.abort();
  await Promise.all(read);
  room.kill('SIGTERM');
  await exited;
  await world.close();
  const faults = [
    ...(output?.includes('"state":"done"') === true ? [] : [`the room did not end well: ${output ?? ''}`]),
    ...answers.filter(({ status }) => status !== 200).map(({ path, status }) => `${path}: ${status}`),
  ];
  const note = `${quantiles(answers, '/')}; ${quantiles(answers, '/status')}`;
  return {
    scenario: `100 readers, ${load.name}`,
    trials: answers.length,
    kills: 0,
    faults,
    seconds: worked,
    note,
  };
}

async function worldOf({
  megabytes,
  model,
}: Load): Promise<{ readonly world: World; readonly port: number }> {
  const digest = model === null ? null : await modelDigest(`models/${model}`);
  const made = await worldWithPort((contract) =>
    digest === null ? contract : withModel(contract, { family: 't5', digest }),
  );
  const text = Array.from({ length: Math.ceil((megabytes * 1e6) / FERRY_TEXT.length) }, (_, number) =>
    FERRY_TEXT.replaceAll('. ', ` on day ${number}. `),
  );
  await made.world.encrypt('notes', text.join(' '));
  return made;
}

/* Its models lie beside the sources here, not beside the program as in the image. */
function startRoom({ environment }: World, { cwd, env }: Place): ChildProcess {
  const program = `import { readOwnEnvironment } from ${JSON.stringify(resolve('dist/lib/room/own-environment.js'))};
import { runRoom } from ${JSON.stringify(resolve('dist/lib/room/run-room.js'))};
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const write = (line) => process.stdout.write(line);
await runRoom({ readEnvironment: readOwnEnvironment, write, signal: stop.signal, modelsDirectory: ${JSON.stringify(resolve('models'))} });
process.exit();`;
  const path = join(cwd, 'room.mjs');
  writeFileSync(path, program);
  return spawn(process.execPath, [path], {
    env: { PATH: process.env['PATH'] ?? '', ...env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

interface Answer {
  readonly path: string;
  /** Null where the room did not listen yet. */
  readonly status: number;
  readonly ms: number;
}

async function reader(number: number, port: number, answers: Answer[], over: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  await delay((number * PAUSE_MS) / READERS);
  for (let turn = number; !over.aborted; turn++) {
    const path = turn % 2 === 0 ? '/' : '/status';
    const start = performance.now();
    const status = await statusOf(agent, port, path).catch(() => null);
    // Before it listens there is nothing to answer.
    if (status !== null) answers.push({ path, status, ms: performance.now() - start });
    await delay(PAUSE_MS, undefined, { signal: over }).catch(() => undefined);
  }
  agent.destroy();
}

function statusOf(agent: Agent, port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ agent, host: '127.0.0.1', port, path }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}

function quantiles(answers: readonly Answer[], wanted: string): string {
  const times = answers.flatMap(({ path, ms }) => (path === wanted ? [ms] : [])).sort((a, b) => a - b);
  const at = (share: number): string =>
    (times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? NaN).toFixed(0);
  return `${wanted} p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`;
}
