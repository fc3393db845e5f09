// Every command that takes a file, over files that are none of its: each refused in words, in little time and memory.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

import type { Figures } from './figures.js';
import { writeMalformedFiles } from './malformed-files.js';
import { malformedFault, type MalformedLine, type MalformedPlace } from './malformed-try.js';

export interface MalformedBounds extends MalformedPlace {
  readonly commands: readonly (readonly string[])[];
  /** No command begins after it, by performance.now(). */
  readonly until: number;
}

const SILENCE_MS = 90_000;
const HEAP_MIB = 1_024;

/** Writes the corpus below `cwd` and tries each command on each file of it. */
export async function malformed(bounds: MalformedBounds): Promise<Figures> {
  const begun = performance.now();
  const { cwd, commands, until } = bounds;
  const wanted = await writeMalformedFiles(cwd);
  const faults: string[] = [];
  const codes = new Map<number, number>();
  let [trials, slowest, tried] = [0, 0, 0];
  for (const command of commands) {
    if (performance.now() > until) break;
    tried++;
    const { lines, ended } = await runOver(command, wanted, bounds);
    for (const line of lines) {
      trials++;
      slowest = Math.max(slowest, line.seconds);
      codes.set(line.code, (codes.get(line.code) ?? 0) + 1);
      const fault = malformedFault(line);
      if (fault !== null) faults.push(`${command.join(' ')} < ${line.name}: ${fault}`);
    }
    if (lines.length !== wanted.length)
      faults.push(`${command.join(' ')}: ${ended} after ${lines.length} files`);
  }
  const exits = [...codes].sort().map(([code, count]) => `${count} exit ${code}`);
  const note = `${tried} of ${commands.length} command lines, ${wanted.length} files; ${exits.join(', ')}; at most ${slowest.toFixed(1)} s of processor`;
  const seconds = (performance.now() - begun) / 1000;
  return { scenario: 'malformed files', trials, kills: 0, faults, seconds, note };
}

async function runOver(
  command: readonly string[],
  names: readonly string[],
  { cwd, env }: MalformedBounds,
): Promise<{ readonly lines: readonly MalformedLine[]; readonly ended: string }> {
  const flags = [`--max-old-space-size=${HEAP_MIB}`, '--import', 'tsx'];
  const child = spawn(process.execPath, [...flags, 'test/torture/malformed-worker.ts', ...command], {
    env: { PATH: process.env['PATH'] ?? '', ...env, TORTURE_CWD: cwd, TORTURE_NAMES: JSON.stringify(names) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  const kill = (): void => void child.kill('SIGKILL');
  let silence = setTimeout(kill, SILENCE_MS);
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    clearTimeout(silence);
    silence = setTimeout(kill, SILENCE_MS);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(silence);
  const lines = output
    .split('\n')
    .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as MalformedLine] : []));
  return { lines, ended: signal ?? `exit ${String(code)}` };
}
