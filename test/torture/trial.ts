// One scenario of the torture: a command killed with -9 at a moment that chance picks, the same command again, and a look
// at what is there.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type ProcessRun, runProcess } from '../support/cleanroom-process.js';

const PROGRAM = resolve('bin/run.js');

/** A command that changes something, in a place of its own. */
export interface Scenario {
  readonly name: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The command line of the `trial`th time. */
  argv(trial: number): readonly string[];
  /** What is wrong after the command has ended well; null where all is as it should be. */
  fault(trial: number): Promise<string | null>;
  close?(): Promise<void>;
}

/** What came of one scenario. */
export interface Figures {
  readonly scenario: string;
  /** Processes that the signal ended. */
  readonly kills: number;
  /** Those that were quicker than the signal. */
  readonly quicker: number;
  /** Same command again: ended well, and everything was as it should be. */
  readonly held: number;
  /** What was wrong, a line each. */
  readonly faults: readonly string[];
  readonly seconds: number;
}

export interface Bounds {
  /** Kills to reach. */
  readonly kills: number;
  /** No trial begins after it, by performance.now(). */
  readonly until: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Tries until so many processes were killed, or the time is up. The first, unharmed run says how long one takes. */
export async function torture(
  scenario: Scenario,
  { kills: wanted, until, random }: Bounds,
): Promise<Figures> {
  const begun = performance.now();
  const faults: string[] = [];
  let [kills, quicker, held] = [0, 0, 0];
  const first = await again(scenario, 0);
  if (first !== null) faults.push(`unharmed: ${first}`);
  let lasts = performance.now() - begun;
  for (let trial = 1; kills < wanted && trial < 3 * wanted + 3 && performance.now() < until; trial++) {
    const killed = await runKilled(scenario, scenario.argv(trial), random() * lasts);
    if (killed) kills++;
    else quicker++;
    const start = performance.now();
    const fault = await again(scenario, trial);
    lasts = (lasts + performance.now() - start) / 2;
    if (fault === null) held++;
    else faults.push(`trial ${trial}: ${fault}`);
  }
  await scenario.close?.();
  const seconds = (performance.now() - begun) / 1000;
  return { scenario: scenario.name, kills, quicker, held, faults, seconds };
}

async function again(scenario: Scenario, trial: number): Promise<string | null> {
  const { cwd, env } = scenario;
  const run = await runProcess([...scenario.argv(trial), '--json'], { cwd, env });
  return run.code === 0 ? scenario.fault(trial) : failureOf(run);
}

function failureOf({ code, stdout, stderr }: ProcessRun): string {
  return `exit ${String(code)}: ${(stdout + stderr).replace(/\s+/g, ' ').slice(0, 300)}`;
}

async function runKilled({ cwd, env }: Scenario, argv: readonly string[], afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [PROGRAM, ...argv], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env },
    stdio: 'ignore',
  });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  await Promise.race([ended, delay(afterMs)]);
  child.kill('SIGKILL');
  const [, signal] = await ended;
  return signal === 'SIGKILL';
}

/** For people. */
export function renderFigures(rows: readonly Figures[]): string {
  const lines = [
    ['scenario', 'kills', 'quicker', 'held', 'faults', 'seconds'],
    ...rows.map(({ scenario, kills, quicker, held, faults, seconds }) =>
      [scenario, kills, quicker, held, faults.length, seconds.toFixed(0)].map(String),
    ),
    ['all', ...(['kills', 'quicker', 'held'] as const).map((name) => String(sum(rows, name)))],
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const table = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const faults = rows.flatMap(({ scenario, faults: found }) => found.map((fault) => `${scenario}, ${fault}`));
  return `${[...table, ...faults].map((line) => line.trimEnd()).join('\n')}\n`;
}

function sum(rows: readonly Figures[], name: 'kills' | 'quicker' | 'held'): number {
  return rows.reduce((total, row) => total + row[name], 0);
}
