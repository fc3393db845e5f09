// A command while something around it is wrong, and the same command again once it is right: the first may end well or say
// what is wrong, and never as a bug of ours; the second ends well, and everything is as it should be.

import { resolve } from 'node:path';

import { type ProcessOptions, type ProcessRun, runProcess } from '../support/cleanroom-process.js';
import type { Figures } from './figures.js';
import { type CommandScenario, failureOf, ofCommand } from './trial.js';

export interface Disturbance {
  readonly name: string;
  /** Makes it wrong. @returns what the disturbed process gets besides */
  begin(): Promise<Pick<ProcessOptions, 'env' | 'limit'>>;
  /** Makes it right. */
  end(): Promise<void>;
  /** Codes that would blame another. */
  readonly never: readonly string[];
}

export interface DisturbedBounds {
  readonly trials: number;
  /** No trial begins after it, by performance.now(). */
  readonly until: number;
}

const GIVEN_UP_AFTER_MS = 180_000;
/* Texts and names of a command are by the number of its trial; kills have those below. */
let trial = 100_000;

/** Each command in turn. */
export async function disturb(
  commands: readonly CommandScenario[],
  disturbance: Disturbance,
  { trials, until }: DisturbedBounds,
): Promise<Figures> {
  const begun = performance.now();
  const faults: string[] = [];
  const told = new Map<string, number>();
  let done = 0;
  for (; done < trials && performance.now() < until; done++) {
    const command = commands[done % commands.length]!;
    const number = ++trial;
    const { outcome, fault } = await disturbOnce(command, disturbance, number);
    told.set(outcome, (told.get(outcome) ?? 0) + 1);
    if (fault !== null) faults.push(`${command.name}, trial ${done}: ${fault}`);
  }
  const note = [...told].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
  const seconds = (performance.now() - begun) / 1000;
  return { scenario: disturbance.name, trials: done, kills: 0, faults, seconds, note };
}

async function disturbOnce(
  command: CommandScenario,
  disturbance: Disturbance,
  number: number,
): Promise<{ readonly outcome: string; readonly fault: string | null }> {
  const argv = [...command.argv(number), '--json'];
  const besides = await disturbance.begin();
  const run = await runProcess(argv, {
    cwd: command.cwd,
    ...besides,
    env: { ...command.env, ...besides.env },
    timeoutMs: GIVEN_UP_AFTER_MS,
  });
  await disturbance.end();
  const outcome = outcomeOf(run);
  if (run.code === null || run.code === 1 || disturbance.never.includes(outcome))
    return { outcome, fault: failureOf(run) };
  const scenario = ofCommand(command);
  const fault = await scenario.again(number);
  const clear = (await scenario.inClear?.(number)) ?? [];
  return { outcome, fault: fault ?? (clear.length === 0 ? null : `in clear: ${clear.join(', ')}`) };
}

function outcomeOf({ code, stdout }: ProcessRun): string {
  if (code === null) return 'hung';
  if (code === 0) return 'ended well';
  try {
    return (JSON.parse(stdout) as { error: { code: string } }).error.code;
  } catch {
    return `exit ${String(code)} without an error`;
  }
}

/** NODE_OPTIONS that load a module of this directory first. */
export function preloading(module: string): string {
  return `--import ${resolve('test/torture', module)}`;
}
