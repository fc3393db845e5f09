// `cleanroom` interrupted as a person at a terminal does it: SIGINT when stderr says a phase has begun, and what is left then.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { ProcessRun } from './cleanroom-process.js';

export interface Interruption {
  /** SIGINT is sent when stderr matches; at once, when the process runs, if absent. */
  readonly when?: RegExp;
  /** How many times, a little apart. */
  readonly times?: 1 | 2;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface InterruptedRun extends ProcessRun {
  /** From the first signal to the end. */
  readonly secondsToEnd: number;
}

const PROGRAM = resolve('bin/run.js');

export async function runInterrupted(
  argv: readonly string[],
  { when, times = 1, cwd, env }: Interruption,
): Promise<InterruptedRun> {
  const child = spawn(process.execPath, [PROGRAM, ...argv], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  let signalled = 0;
  const interrupt = async (): Promise<void> => {
    if (signalled !== 0) return;
    signalled = performance.now();
    child.kill('SIGINT');
    if (times === 1) return;
    await delay(150);
    child.kill('SIGINT');
  };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
    if (when?.test(output.stderr) === true) void interrupt();
  });
  const [exitCode, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  // The second one may meet a process that is taking itself down: it dies of the signal, which a shell calls 130 too.
  const code = times === 2 && killedBy === 'SIGINT' ? 130 : exitCode;
  return { ...output, code, secondsToEnd: (performance.now() - signalled) / 1000 };
}

/** Processes of this machine whose arguments or environment name `path`; after `patienceMs` for those that are ending. */
export async function processesNaming(path: string, patienceMs = 5_000): Promise<readonly string[]> {
  for (let waited = 0; ; waited += 100) {
    const found = look(path);
    if (found.length === 0 || waited >= patienceMs) return found;
    await delay(100);
  }
}

function look(path: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) => ['cmdline', 'environ'].some((file) => read(join('/proc', pid, file)).includes(path)))
    .map((pid) => read(join('/proc', pid, 'cmdline')).replaceAll('\0', ' '));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
