// One scenario of the torture: a process killed with -9 at a moment that chance picks, the same again, and a look at what
// is there.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type ProcessRun, runProcess } from '../support/cleanroom-process.js';
import type { Figures } from './figures.js';

const PROGRAM = resolve('bin/run.js');

/** Something that is killed, in a place of its own. */
export interface Scenario {
  readonly name: string;
  /** Starts what is killed, the `trial`th time. */
  start(trial: number): ChildProcess | Promise<ChildProcess>;
  /** The same, unharmed and to its end. @returns what is wrong then; null where all is as it should be. */
  again(trial: number): Promise<string | null>;
  /** Where a text is in clear that must not be: asked after the kill, and at the end of the trial. */
  inClear?(trial: number): Promise<readonly string[]>;
  close?(): Promise<void>;
}

/** A command that changes something. */
export interface CommandScenario {
  readonly name: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The command line of the `trial`th time. */
  argv(trial: number): readonly string[];
  /** What is wrong after the command has ended well; null where all is as it should be. */
  fault(trial: number): Promise<string | null>;
  inClear?(trial: number): Promise<readonly string[]>;
  close?(): Promise<void>;
}

export interface Bounds {
  /** Kills to reach. */
  readonly kills: number;
  /** No trial begins after it, by performance.now(). */
  readonly until: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** The same command again is the same command line, with `--json`. */
export function ofCommand(command: CommandScenario): Scenario {
  const { cwd, env, argv, fault, ...rest } = command;
  return {
    ...rest,
    start: (trial) =>
      spawn(process.execPath, [PROGRAM, ...argv(trial)], {
        cwd,
        env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env },
        stdio: 'ignore',
      }),
    again: async (trial) => {
      const run = await runProcess([...argv(trial), '--json'], { cwd, env });
      return run.code === 0 ? fault(trial) : failureOf(run);
    },
  };
}

/** Tries until so many processes were killed, or the time is up. The first, unharmed run says how long one takes. */
export async function torture(
  scenario: Scenario,
  { kills: wanted, until, random }: Bounds,
): Promise<Figures> {
  const begun = performance.now();
  const faults: string[] = [];
  let [trials, kills] = [0, 0];
  const first = await again(scenario, 0);
  if (first !== null) faults.push(`unharmed: ${first}`);
  let lasts = performance.now() - begun;
  for (let trial = 1; kills < wanted && trial < 3 * wanted + 3 && performance.now() < until; trial++) {
    trials++;
    if (await runKilled(await scenario.start(trial), random() * lasts)) kills++;
    const left = await found(scenario, trial);
    const start = performance.now();
    const fault = left ?? (await again(scenario, trial));
    lasts = (lasts + performance.now() - start) / 2;
    if (fault !== null) faults.push(`trial ${trial}: ${fault}`);
  }
  await scenario.close?.();
  const seconds = (performance.now() - begun) / 1000;
  return { scenario: scenario.name, trials, kills, faults, seconds, note: '' };
}

async function again(scenario: Scenario, trial: number): Promise<string | null> {
  return (await scenario.again(trial)) ?? (await found(scenario, trial));
}

async function found(scenario: Scenario, trial: number): Promise<string | null> {
  const paths = (await scenario.inClear?.(trial)) ?? [];
  return paths.length === 0 ? null : `in clear: ${paths.join(', ')}`;
}

/** What a run says that should have ended well. */
export function failureOf({ code, stdout, stderr }: ProcessRun): string {
  return `exit ${String(code)}: ${(stdout + stderr).replace(/\s+/g, ' ').slice(0, 300)}`;
}

async function runKilled(child: ChildProcess, afterMs: number): Promise<boolean> {
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  await Promise.race([ended, delay(afterMs)]);
  child.kill('SIGKILL');
  const [, signal] = await ended;
  return signal === 'SIGKILL';
}
